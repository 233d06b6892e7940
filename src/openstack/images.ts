import { NotFoundError } from '../model/cloud-errors.ts';
import { type Decoder, anyString, fields, integer, optional, text, withDefault } from '../model/decode.ts';
import type { Cloud } from './cloud.ts';
import { listAll } from './pages.ts';

const knownFields = fields({
  id: text,
  name: withDefault(anyString, ''),
  status: text,
  created_at: withDefault(anyString, ''),
  owner: withDefault(anyString, ''),
  visibility: withDefault(anyString, ''),
  size: optional(integer),
  min_disk: withDefault(integer, 0),
  min_ram: withDefault(integer, 0),
  checksum: optional(text),
  disk_format: optional(text),
  os_hash_algo: optional(text),
  os_hash_value: optional(text),
});

/** An image, as Glance tells it. */
export interface Image {
  readonly id: string;
  readonly name: string;
  /** Glance's own word: queued, saving, active, killed, … */
  readonly status: string;
  /** In ISO 8601. */
  readonly createdAt: string;
  /** The project that it belongs to. */
  readonly projectId: string;
  /** Glance's own word: private, shared, community or public. */
  readonly visibility: string;
  /** In bytes; known once it is active. */
  readonly size: number | undefined;
  /** In GiB. */
  readonly minDisk: number;
  /** In MiB. */
  readonly minRam: number;
  readonly diskFormat: string | undefined;
  /** The hash of its data, where the store keeps one. */
  readonly hash: { readonly algorithm: string; readonly value: string } | undefined;
  /** The MD5 of its data, where the store keeps one. */
  readonly checksum: string | undefined;
  /** All that Glance tells as text at the image's top level: our owner tags and the OS properties among it. */
  readonly properties: Readonly<Record<string, string>>;
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
    minDisk: read.min_disk,
    minRam: read.min_ram,
    checksum: read.checksum,
    diskFormat: read.disk_format,
    hash: algorithm === undefined || hash === undefined ? undefined : { algorithm, value: hash },
    properties: Object.fromEntries(
      entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
  };
};

/** What a new image record says. */
export interface ImageSpec {
  /** A UUID of the caller's choice: a second record with it is refused with 409. */
  readonly id?: string;
  readonly name: string;
  readonly diskFormat: string;
  /** In GiB and MiB; 0 when absent. */
  readonly minDisk?: number;
  readonly minRam?: number;
  readonly properties: Readonly<Record<string, string>>;
}

/** Creates the record of a private image; it is queued until it gets data. */
export function createImage(cloud: Cloud, spec: ImageSpec): Promise<Image> {
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
  return cloud.image.read(
    { operation: `create image ${name}`, method: 'POST', path: '/images', body },
    imageDecoder,
  );
}

/** The image with this id; `undefined` when there is none that the project sees. */
export async function findImage(cloud: Cloud, id: string): Promise<Image | undefined> {
  try {
    const request = { operation: `get image ${id}`, method: 'GET', path: `/images/${id}` } as const;
    return await cloud.image.read(request, imageDecoder);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** As many as Glance gives in one answer; one that is set to fewer gives fewer. */
const PAGE_SIZE = 1000;

/**
 * Lists the images that belong to the project, of exactly this name and with exactly these properties where they are
 * given, the newest first.
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
 * Glance reads what stands before a colon as an operator, and commas as a list; quoted after `in:` a name means itself.
 * A quote in such a name it does not understand however it is written: then it is not asked for a name.
 */
function nameFilter(name: string): Readonly<Record<string, string>> {
  if (!/[:,]/.test(name)) return { name };
  return name.includes('"') ? {} : { name: `in:"${name}"` };
}

/** Sets name, visibility and properties, and removes others, in one act: all of it or nothing. */
export async function updateImage(
  cloud: Cloud,
  id: string,
  changes: {
    readonly name?: string;
    readonly visibility?: 'shared';
    readonly properties: Readonly<Record<string, string>>;
    /** Properties that it has and is to have no more. */
    readonly removed?: readonly string[];
  },
): Promise<Image> {
  const { properties, removed = [], ...known } = changes;
  const path = (key: string): string => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const patch = [
    ...Object.entries({ ...properties, ...known }).map(([key, value]) => ({
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

/** Deletes an image; one that is gone is fine. Throws ConflictError while it is in use. */
export async function deleteImage(cloud: Cloud, id: string): Promise<void> {
  try {
    await cloud.image.send({ operation: `delete image ${id}`, method: 'DELETE', path: `/images/${id}` });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
