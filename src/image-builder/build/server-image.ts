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

/** The metadata that everything made for the image `imageName` carries. */
export function buildMetadata(kind: 'server' | 'runner', imageName: string, maker: Maker) {
  return {
    ...encodeOwner(maker.owner),
    [OWNER_KEYS.kind]: kind,
    [OWNER_KEYS.imageName]: imageName,
    [OWNER_KEYS.process]: maker.process,
  };
}

/** The metadata of an image that this build makes, and not of a copy, whose run config is that of its source. */
export function imageMetadata(imageName: string, maker: Maker) {
  return { ...buildMetadata('runner', imageName, maker), ...encodeRunConfig(maker.owner) };
}

/** Asks Nova for an image of the server, under a name that nobody looks for; gives its id. */
export function requestServerImage(
  cloud: Cloud,
  serverId: string,
  imageName: string,
  maker: Maker,
): Promise<string> {
  const name = unfinishedImageName(imageName, maker.owner.buildId);
  return createServerImage(cloud, serverId, { name, metadata: imageMetadata(imageName, maker) });
}

/** Deletes the unfinished image of this build, also when its id was never learnt. */
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

/** Waits until Glance has the image and Nova is done with the server. Throws UploadImageError when it failed. */
export async function waitForServerImage(
  cloud: Cloud,
  imageId: string,
  serverId: string,
  { timeouts }: Pick<Deadlines, 'timeouts'>,
): Promise<Image> {
  let seen = 'unknown';
  const look = async (): Promise<Image | undefined> => {
    const server = await findServer(cloud, serverId); // asked first: an image is done before its server is
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
  return waitFor(look, waitOn(cloud, timeouts, { timeout: 'imageTimeout', what, lastSeen: () => seen }));
}

function failed(imageId: string, seen: string): UploadImageError {
  return new UploadImageError(`image ${imageId} of the server was not stored: ${seen}`);
}

/**
 * Sets a verified image's name and properties in one request: before it nobody finds the image, after it everybody does.
 * Reads the image after an unclear answer.
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
