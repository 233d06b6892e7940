import { createHash, randomUUID } from 'node:crypto';
import type { CloudState, ImageRecord } from '../cloud-state.ts';

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

/** Stores the data of an image and makes it active. */
export function storeImageData(cloud: CloudState, image: ImageRecord, data: Buffer): void {
  cloud.imageData.set(image.id, data);
  const hash = (algorithm: string): string => createHash(algorithm).update(data).digest('hex');
  changeImage(cloud, image.id, {
    size: data.length,
    virtual_size: data.length,
    status: 'active',
    checksum: hash('md5'),
    os_hash_algo: 'sha512',
    os_hash_value: hash('sha512'),
    stores: 'file',
  });
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
