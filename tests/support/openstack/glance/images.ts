import { type Hash, createHash, randomUUID } from 'node:crypto';
import type { CloudState, HashKind, ImageRecord } from '../cloud-state.ts';
import type { RepeatedData } from './repeated-data.ts';

/** The fields of a new image. Absent fields get the defaults of Glance. */
export interface NewImage {
  readonly id?: string;
  readonly name: string | null;
  readonly owner: string;
  readonly visibility?: string;
  readonly disk_format?: string | null;
  readonly container_format?: string | null;
  readonly min_disk?: number;
  readonly min_ram?: number;
  readonly protected?: boolean;
  readonly properties?: Readonly<Record<string, string>>;
}

/** Returns a time in the format of Glance, in whole seconds. */
export function glanceTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Adds the record of a queued image. */
export function addQueuedImage(cloud: CloudState, image: NewImage): ImageRecord {
  const { id = randomUUID(), properties = {} } = image;
  const now = glanceTime(cloud.clock.now());
  const record = {
    ...properties,
    name: image.name,
    disk_format: image.disk_format ?? null,
    container_format: image.container_format ?? null,
    visibility: image.visibility ?? 'shared',
    size: null,
    virtual_size: null,
    status: 'queued',
    checksum: null,
    protected: image.protected ?? false,
    min_ram: image.min_ram ?? 0,
    min_disk: image.min_disk ?? 0,
    owner: image.owner,
    os_hidden: false,
    os_hash_algo: null,
    os_hash_value: null,
    id,
    created_at: now,
    updated_at: now,
    tags: [],
    self: `/v2/images/${id}`,
    file: `/v2/images/${id}/file`,
    schema: '/v2/schemas/image',
  } as unknown as ImageRecord; // an image without a name has null
  cloud.usedImageIds.add(id);
  cloud.images.set(id, record);
  return record;
}

/** Image data that arrives in chunks. */
export interface IncomingData {
  add(chunk: Buffer): void;
  /** Stores the data as that of an image and makes the image active. */
  store(image: ImageRecord): void;
}

/** Prepares to receive the data of an image. Without `isKept` only its size and hashes are stored. */
export function receiveImageData(cloud: CloudState, { isKept }: { readonly isKept: boolean }): IncomingData {
  const hashes = new Map(cloud.hashKinds.map((kind): [HashKind, Hash] => [kind, createHash(kind)]));
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    add: (chunk) => {
      size += chunk.length;
      for (const hash of hashes.values()) hash.update(chunk);
      if (isKept) chunks.push(chunk);
    },
    store: (image) => {
      if (isKept) cloud.imageData.set(image.id, Buffer.concat(chunks));
      const [algorithm, hash] = [...hashes].find(([kind]) => kind !== 'md5') ?? [null, undefined];
      changeImage(cloud, image.id, {
        size,
        virtual_size: size,
        status: 'active',
        checksum: hashes.get('md5')?.digest('hex') ?? null,
        os_hash_algo: algorithm,
        os_hash_value: hash?.digest('hex') ?? null,
        stores: 'file',
      });
    },
  };
}

/** Stores the data of an image and makes it active. */
export function storeImageData(cloud: CloudState, image: ImageRecord, data: Buffer | RepeatedData): void {
  const isWhole = Buffer.isBuffer(data);
  const incoming = receiveImageData(cloud, { isKept: isWhole });
  for (const chunk of isWhole ? [data] : data) incoming.add(chunk);
  incoming.store(image);
  if (!isWhole) cloud.repeatedData.set(image.id, data);
}

/** Changes fields of an image. Does nothing when the image no longer exists. */
export function changeImage(cloud: CloudState, id: string, change: Readonly<Record<string, unknown>>): void {
  const image = cloud.images.get(id);
  if (image === undefined) return;
  Object.assign(image, change, { updated_at: glanceTime(cloud.clock.now()) });
}

/** Deletes an image with its data and members. Its id cannot be used again. */
export function removeImage(cloud: CloudState, id: string): void {
  cloud.images.delete(id);
  cloud.imageData.delete(id);
  cloud.members.delete(id);
}
