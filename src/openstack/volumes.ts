import { NotFoundError } from '../model/cloud/cloud-errors.ts';
import { fields, uuid, withDefault, nameText, shortText, tags } from '../model/decode.ts';
import type { Cloud } from './cloud.ts';
import { listAll } from './api/list-all.ts';

const volumeFields = fields({
  id: uuid,
  name: withDefault(shortText, ''),
  status: nameText,
  created_at: withDefault(shortText, ''),
  metadata: withDefault(tags, {}),
});

/** A volume in Cinder. */
export interface Volume {
  readonly id: string;
  readonly name: string;
  /** A status of Cinder: creating, downloading, available, in-use, uploading, deleting, error, … */
  readonly status: string;
  /** In ISO 8601. */
  readonly createdAt: string;
  readonly metadata: Readonly<Record<string, string>>;
}

function toVolume(read: NonNullable<ReturnType<typeof volumeFields>>): Volume {
  const { id, name, status, metadata, created_at: created } = read;
  // Cinder's times are in UTC and do not say so.
  return { id, name, status, metadata, createdAt: /Z$|^$/.test(created) ? created : `${created}Z` };
}

/** The parameters of a new volume. */
export interface VolumeSpec {
  readonly name: string;
  /** In GiB. */
  readonly size: number;
  /** The image whose data the volume gets. */
  readonly imageId: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Requests a new volume with the data of an image and returns its id. The volume is then creating. */
export async function createVolume(cloud: Cloud, spec: VolumeSpec): Promise<string> {
  const { name, size, imageId, metadata } = spec;
  const { volume } = await cloud.blockStorage.read(
    {
      operation: `create volume ${name}`,
      method: 'POST',
      path: '/volumes',
      body: { volume: { name, size, imageRef: imageId, metadata } },
    },
    fields({ volume: fields({ id: uuid }) }),
  );
  cloud.noteCreated(volume.id, 'volume');
  return volume.id;
}

/** Returns the volume with this id, or undefined when it does not exist. */
export async function findVolume(cloud: Cloud, id: string): Promise<Volume | undefined> {
  try {
    const request = { operation: `get volume ${id}`, method: 'GET', path: `/volumes/${id}` } as const;
    return toVolume((await cloud.blockStorage.read(request, fields({ volume: volumeFields }))).volume);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** Lists the project's volumes. Throws InputError when the cloud has no block storage. */
export async function listVolumes(cloud: Cloud): Promise<readonly Volume[]> {
  const found = await listAll(cloud.blockStorage, {
    operation: 'list volumes',
    path: '/volumes/detail',
    key: 'volumes',
    element: volumeFields,
  });
  return found.map(toVolume);
}

/** Sets properties that Cinder gives to the images of the volume. They replace those of the image that it was made from. */
export async function setVolumeImageProperties(
  cloud: Cloud,
  id: string,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const operation = `set image properties of volume ${id}`;
  const request = action(id, operation, { 'os-set_image_metadata': { metadata } });
  await cloud.blockStorage.send({ ...request, isRepeatable: true });
}

/** Requests a private qcow2 image of a detached volume and returns the image's id. The image is then queued. */
export async function createVolumeImage(cloud: Cloud, id: string, name: string): Promise<string> {
  const upload = {
    image_name: name,
    disk_format: 'qcow2',
    container_format: 'bare',
    visibility: 'private',
    force: false,
  };
  const { 'os-volume_upload_image': image } = await cloud.blockStorage.read(
    {
      ...action(id, `create image ${name}`, { 'os-volume_upload_image': upload }),
      headers: { 'OpenStack-API-Version': 'volume 3.1' }, // the first version with a visibility
    },
    fields({ 'os-volume_upload_image': fields({ image_id: uuid }) }),
  );
  cloud.noteCreated(image.image_id, 'image');
  return image.image_id;
}

/** Requests that the volume be deleted. Does nothing when it does not exist. Cinder refuses it while it is in use. */
export async function deleteVolume(cloud: Cloud, id: string): Promise<void> {
  try {
    await cloud.blockStorage.send({
      operation: `delete volume ${id}`,
      method: 'DELETE',
      path: `/volumes/${id}`,
    });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}

function action(id: string, operation: string, body: unknown) {
  return { operation, method: 'POST', path: `/volumes/${id}/action`, body } as const;
}
