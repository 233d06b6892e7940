import { UploadImageError } from '../../model/errors.ts';
import { unfinishedImageName } from '../../model/names.ts';
import { OWNER_KEYS, encodeOwner, encodeRunConfig } from '../../model/owner.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { type Image, deleteImage, findImage, listImages, updateImage } from '../../openstack/images.ts';
import { createServerImage, findServer } from '../../openstack/servers.ts';
import { waitFor } from '../../system/wait.ts';
import type { Deadlines, Maker } from '../context.ts';
import { waitOn } from '../wait-on.ts';

const FAILED = ['killed', 'deleted', 'pending_delete', 'deactivated'];

/** Returns the metadata of every resource that is created for the image `imageName`. */
export function buildMetadata(kind: 'server' | 'runner', imageName: string, maker: Maker) {
  return {
    ...encodeOwner(maker.owner),
    [OWNER_KEYS.kind]: kind,
    [OWNER_KEYS.imageName]: imageName,
    [OWNER_KEYS.process]: maker.process,
  };
}

/** Returns the metadata of an image that this build creates. A copy differs: it keeps the run config of its source. */
export function imageMetadata(imageName: string, maker: Maker) {
  return { ...buildMetadata('runner', imageName, maker), ...encodeRunConfig(maker.owner) };
}

/** Requests an image of the server from Nova, under an unfinished name. Returns its id. */
export function requestServerImage(
  cloud: Cloud,
  serverId: string,
  imageName: string,
  maker: Maker,
): Promise<string> {
  const name = unfinishedImageName(imageName, maker.owner.buildId);
  return createServerImage(cloud, serverId, { name, metadata: imageMetadata(imageName, maker) });
}

/** Deletes the unfinished image of this build, even when its id is unknown. */
export async function removeUnfinishedImage(
  cloud: Cloud,
  imageName: string,
  id: string | undefined,
  { owner }: Pick<Maker, 'owner'>,
): Promise<void> {
  if (id !== undefined) await deleteImage(cloud, id);
  const name = unfinishedImageName(imageName, owner.buildId);
  for (const image of await listImages(cloud, name)) await deleteImage(cloud, image.id);
}

/** Waits until the image is active in Glance and the server has no task. Throws UploadImageError after a failure. */
export async function waitForServerImage(
  cloud: Cloud,
  imageId: string,
  serverId: string,
  { timeouts }: Pick<Deadlines, 'timeouts'>,
): Promise<Image> {
  let seen = 'unknown';
  const probe = async (): Promise<Image | undefined> => {
    const server = await findServer(cloud, serverId); // read before the image, which is done earlier than its server
    const image = await findImage(cloud, imageId);
    seen = `${image?.status ?? 'gone'}, ${server?.taskState ?? 'server idle'}`;
    if (image === undefined || FAILED.includes(image.status)) throw failed(imageId, seen);
    if (server === undefined) throw failed(imageId, 'its server is gone');
    const isIdle = server.taskState === undefined;
    if (isIdle && image.status === 'active') return image;
    if (isIdle && image.status === 'queued')
      throw failed(imageId, 'Nova gave up: still queued, the server idle');
    return undefined;
  };
  const what = `image ${imageId} to be active`;
  return waitFor(probe, waitOn(cloud, timeouts, { timeout: 'imageTimeout', what, lastSeen: () => seen }));
}

function failed(imageId: string, seen: string): UploadImageError {
  return new UploadImageError(`image ${imageId} of the server was not stored: ${seen}`);
}

/**
 * Sets a verified image's name and properties in one request, because the name makes the image visible to its users.
 * Reads the image when the response is unclear.
 */
export async function nameImage(
  cloud: Cloud,
  id: string,
  name: string,
  properties: Readonly<Record<string, string>>,
): Promise<Image> {
  try {
    return await updateImage(cloud, id, { name, properties });
  } catch (error) {
    const image = await findImage(cloud, id).catch(() => undefined);
    if (image?.name === name) return image;
    throw error;
  }
}
