import { NotFoundError } from '../model/cloud/cloud-errors.ts';
import {
  type Decoder,
  fields,
  integer,
  optional,
  uuid,
  withDefault,
  shortText,
  nameText,
  optionalName,
} from '../model/decode.ts';
import type { Cloud } from './cloud.ts';
import { listAll } from './api/list-all.ts';

const knownFields = fields({
  id: uuid,
  name: withDefault(shortText, ''),
  status: nameText,
  created_at: withDefault(shortText, ''),
  owner: withDefault(shortText, ''),
  visibility: withDefault(shortText, ''),
  size: optional(integer),
  virtual_size: optional(integer),
  min_disk: withDefault(integer, 0),
  min_ram: withDefault(integer, 0),
  checksum: optionalName,
  disk_format: optionalName,
  os_hash_algo: optionalName,
  os_hash_value: optionalName,
});

/** An image in Glance. */
export interface Image {
  readonly id: string;
  readonly name: string;
  /** A status of Glance: queued, saving, active, killed, … */
  readonly status: string;
  /** In ISO 8601. */
  readonly createdAt: string;
  /** The project that owns the image. */
  readonly projectId: string;
  /** A visibility of Glance: private, shared, community or public. */
  readonly visibility: string;
  /** In bytes; undefined until the image is active. */
  readonly size: number | undefined;
  /** The size of the disk in the image, in bytes; undefined when Glance does not know it. */
  readonly virtualSize: number | undefined;
  /** In GiB. */
  readonly minDisk: number;
  /** In MiB. */
  readonly minRam: number;
  readonly diskFormat: string | undefined;
  /** The hash of the data, if Glance has one. */
  readonly hash: { readonly algorithm: string; readonly value: string } | undefined;
  /** The MD5 of the data, if Glance has one. */
  readonly checksum: string | undefined;
  /** The top-level fields that are texts of up to 255 characters: among them our owner tags and the OS properties. */
  readonly properties: Readonly<Record<string, string>>;
}

/** The longest key and value: Nova gives no longer one to a server, and neither do our tags need more. */
const MAXIMUM_PROPERTY = 255;

function isProperty(entry: [string, unknown]): entry is [string, string] {
  const [key, value] = entry;
  return key.length <= MAXIMUM_PROPERTY && typeof value === 'string' && value.length <= MAXIMUM_PROPERTY;
}

const imageDecoder: Decoder<Image> = (value, at, problems) => {
  const read = knownFields(value, at, problems);
  if (read === undefined) return undefined;
  const entries = Object.entries(value as Record<string, unknown>);
  const { os_hash_algo: algorithm, os_hash_value: hash } = read;
  return {
    id: read.id,
    name: read.name,
    status: read.status,
    createdAt: read.created_at,
    projectId: read.owner,
    visibility: read.visibility,
    size: read.size,
    virtualSize: read.virtual_size,
    minDisk: read.min_disk,
    minRam: read.min_ram,
    checksum: read.checksum,
    diskFormat: read.disk_format,
    hash: algorithm === undefined || hash === undefined ? undefined : { algorithm, value: hash },
    properties: Object.fromEntries(entries.filter(isProperty)),
  };
};

/** The fields of a new image. */
export interface ImageSpec {
  /** A UUID chosen by the caller. Glance rejects a second image with the same id with 409. */
  readonly id?: string;
  readonly name: string;
  readonly diskFormat: string;
  /** In GiB and MiB; 0 when absent. */
  readonly minDisk?: number;
  readonly minRam?: number;
  readonly properties: Readonly<Record<string, string>>;
}

/** Creates a private image without data; its status is queued until the data is uploaded. */
export async function createImage(cloud: Cloud, spec: ImageSpec): Promise<Image> {
  const { id, name, diskFormat, minDisk = 0, minRam = 0, properties } = spec;
  const body = {
    ...properties,
    ...(id === undefined ? {} : { id }),
    name,
    disk_format: diskFormat,
    min_disk: minDisk,
    min_ram: minRam,
    container_format: 'bare',
    visibility: 'private',
  };
  const image = await cloud.image.read(
    { operation: `create image ${name}`, method: 'POST', path: '/images', body },
    imageDecoder,
  );
  cloud.noteCreated(image.id, 'image');
  return image;
}

/** Returns the image with this id, or undefined when it does not exist or the project may not see it. */
export async function findImage(cloud: Cloud, id: string): Promise<Image | undefined> {
  try {
    const request = { operation: `get image ${id}`, method: 'GET', path: `/images/${id}` } as const;
    return await cloud.image.read(request, imageDecoder);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** Glance's default for the largest page. A cloud that is configured for less returns smaller pages. */
const PAGE_SIZE = 1000;

/**
 * Lists the images that the project owns, newest first. If a name or properties are given, lists only the images that
 * match them exactly.
 */
export async function listImages(
  cloud: Cloud,
  name?: string,
  properties: Readonly<Record<string, string>> = {},
): Promise<readonly Image[]> {
  const projectId = await cloud.projectId();
  const named = name === undefined ? {} : nameFilter(name);
  const found = await listAll(cloud.image, {
    operation: name === undefined ? 'list images' : `list images ${name}`,
    path: '/images',
    query: { ...properties, owner: projectId, ...named, limit: `${PAGE_SIZE}` },
    key: 'images',
    element: imageDecoder,
  });
  return found
    .filter((image) => image.projectId === projectId && (name === undefined || image.name === name))
    .filter((image) => Object.entries(properties).every(([key, value]) => image.properties[key] === value))
    .sort((a, b) => `${b.createdAt} ${b.id}`.localeCompare(`${a.createdAt} ${a.id}`));
}

/**
 * Returns the query that filters by name. Glance parses text before a colon as an operator and a comma as a list
 * separator, so such a name is sent quoted after `in:`. Glance has no working escape for a quote in such a name; then
 * the query has no filter, and the caller filters the complete list.
 */
function nameFilter(name: string): Readonly<Record<string, string>> {
  if (!/[:,]/.test(name)) return { name };
  return name.includes('"') ? {} : { name: `in:"${name}"` };
}

/** Changes name, visibility, minimum and properties in one atomic request. */
export async function updateImage(
  cloud: Cloud,
  id: string,
  changes: {
    readonly name?: string;
    readonly visibility?: 'shared';
    /** In GiB. */
    readonly minDisk?: number | undefined;
    readonly properties: Readonly<Record<string, string>>;
    /** The properties to remove. The image must have them. */
    readonly removed?: readonly string[];
  },
): Promise<Image> {
  const { properties, removed = [], minDisk, ...known } = changes;
  const minimum = minDisk === undefined ? {} : { min_disk: minDisk };
  const path = (key: string): string => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const patch = [
    ...Object.entries({ ...properties, ...known, ...minimum }).map(([key, value]) => ({
      op: 'add',
      path: path(key),
      value,
    })),
    ...removed.map((key) => ({ op: 'remove', path: path(key) })),
  ];
  return cloud.image.read(
    {
      operation: `update image ${id}`,
      method: 'PATCH',
      path: `/images/${id}`,
      headers: { 'Content-Type': 'application/openstack-images-v2.1-json-patch' },
      body: JSON.stringify(patch),
    },
    imageDecoder,
  );
}

/** Deletes an image. Does nothing when it does not exist. Throws ConflictError while the image is in use. */
export async function deleteImage(cloud: Cloud, id: string): Promise<void> {
  try {
    await cloud.image.send({ operation: `delete image ${id}`, method: 'DELETE', path: `/images/${id}` });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
