import type { NewImage } from './images.ts';
import { Refusal } from '../server/route.ts';

const UUID = /^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$/;
const FORMATS = ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop'];
const MAXIMUM_PROPERTIES = 128;

/** The fields that clients may set. */
const SETTABLE = new Set([
  'name',
  'disk_format',
  'container_format',
  'visibility',
  'min_ram',
  'min_disk',
  'protected',
]);

/** The fields that only Glance sets. */
const READ_ONLY = new Set(
  'id owner status size virtual_size checksum os_hash_algo os_hash_value created_at updated_at self file schema'.split(
    ' ',
  ),
);

/** The fields of the schema; all others are custom properties. */
const KNOWN = new Set([...SETTABLE, ...READ_ONLY, 'tags', 'os_hidden', 'stores']);

type Body = Readonly<Record<string, unknown>>;

export const isProperty = (key: string): boolean => !KNOWN.has(key);

/** Throws Refusal 403 when a client may not set this field. */
export function checkSettable(key: string): void {
  if (READ_ONLY.has(key)) throw new Refusal(403, `Attribute '${key}' is read-only.`);
}

function schemaError(what: string): Refusal {
  return new Refusal(400, `Provided object does not match schema 'image': ${what}`);
}

const quote = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : String(value));

/** Throws Refusal 400 for an invalid value, and 413 for too many properties. */
export function checkImage(image: Body): void {
  const { name, disk_format: format } = image;
  if (typeof name === 'string' && name.length > 255) throw schemaError(`'${name}' is too long`);
  if (typeof format === 'string' && !FORMATS.includes(format)) {
    throw schemaError(`'${format}' is not one of [None, ${FORMATS.map(quote).join(', ')}]`);
  }
  const properties = Object.entries(image).filter(([key]) => isProperty(key));
  const wrong = properties.find(([, value]) => typeof value !== 'string');
  if (wrong !== undefined) throw schemaError(`${String(wrong[1])} is not of type 'string'`);
  if (properties.length <= MAXIMUM_PROPERTIES) return;
  throw new Refusal(
    413,
    'The limit has been exceeded on the number of allowed image properties. ' +
      `Attempted: ${properties.length}, Maximum: ${MAXIMUM_PROPERTIES}`,
  );
}

/** Parses the body of a request that creates an image in a project. */
export function parseNewImage(body: unknown, projectId: string): NewImage {
  if (typeof body !== 'object' || body === null) throw new Refusal(400, 'Malformed JSON in request body.');
  const given = body as Body;
  const { id, owner } = given;
  if (owner !== undefined && owner !== projectId) {
    throw new Refusal(403, `You are not permitted to create images owned by ${quote(owner)}.`);
  }
  for (const key of Object.keys(given)) if (key !== 'id' && key !== 'owner') checkSettable(key);
  if (id !== undefined && !(typeof id === 'string' && UUID.test(id))) {
    throw schemaError(`${quote(id)} does not match '${UUID.source}'`);
  }
  checkImage(given);
  const properties = Object.fromEntries(Object.entries(given).filter(([key]) => isProperty(key)));
  return { ...given, owner: projectId, properties } as NewImage;
}
