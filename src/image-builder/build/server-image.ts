import { UploadImageError } from '../../model/errors.ts';
import { unfinishedImageName } from '../../model/image/names.ts';
import { OWNER_KEYS, encodeOwner, encodeRunConfig } from '../../model/owner.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { type Image, deleteImage, findImage, listImages, updateImage } from '../../openstack/images.ts';
import { createServerImage, findServer } from '../../openstack/servers.ts';
import { waitFor } from '../../system/wait.ts';
import type { Maker } from '../context.ts';
import { type Waiting, createConfirmation, waitOn } from '../wait-on.ts';

const GIB = 1024 ** 3;
const FAILED = ['killed', 'deleted', 'pending_delete', 'deactivated'];

/** The kinds of images that are made of a server. */
export type ServerImageKind = 'layer' | 'runner';

/** Returns the metadata of every resource that is created for the image `imageName`. */
export function buildMetadata(kind: 'server' | 'volume' | ServerImageKind, imageName: string, maker: Maker) {
  return {
    ...encodeOwner(maker.owner),
    [OWNER_KEYS.kind]: kind,
    [OWNER_KEYS.imageName]: imageName,
    [OWNER_KEYS.process]: maker.process,
  };
}

/** Returns the metadata of an image that this build creates. A copy differs: it keeps the run config of its source. */
export function imageMetadata(imageName: string, maker: Maker, kind: ServerImageKind = 'runner') {
  return { ...buildMetadata(kind, imageName, maker), ...encodeRunConfig(maker.owner) };
}

/** Requests an image of the server from Nova, under an unfinished name. Returns its id. */
export function requestServerImage(
  cloud: Cloud,
  serverId: string,
  { imageName, kind }: { readonly imageName: string; readonly kind: ServerImageKind },
  maker: Maker,
): Promise<string> {
  const name = unfinishedImageName(imageName, maker.owner.buildId);
  return createServerImage(cloud, serverId, { name, metadata: imageMetadata(imageName, maker, kind) });
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
export function waitForServerImage(
  cloud: Cloud,
  imageId: string,
  serverId: string,
  context: Waiting,
): Promise<Image> {
  const find = async () => {
    const server = await findServer(cloud, serverId);
    return server && { task: server.taskState };
  };
  return waitForImageOf(cloud, imageId, { kind: 'server', service: 'Nova', find }, context);
}

/** The task that a service performs on the disk of an image; undefined when it is idle. */
interface DiskState {
  readonly task: string | undefined;
}

/** The disk that an image is made of. */
interface ImageDisk {
  readonly kind: 'server' | 'volume';
  readonly service: 'Nova' | 'Cinder';
  readonly find: () => Promise<DiskState | undefined>;
}

/** Waits until the image is active in Glance and the service idle with its disk. Throws UploadImageError after a failure. */
export async function waitForImageOf(
  cloud: Cloud,
  imageId: string,
  disk: ImageDisk,
  context: Waiting,
): Promise<Image> {
  let seen = 'unknown';
  const isConfirmed = createConfirmation();
  const probe = async (): Promise<Image | undefined> => {
    const image = await findImage(cloud, imageId);
    seen = image?.status ?? 'gone';
    if (image !== undefined && FAILED.includes(image.status)) throw failed(imageId, disk, seen);
    if (image?.status === 'saving') {
      isConfirmed(false);
      return undefined; // the service is sending the data, so its own state says nothing new
    }
    const state = await disk.find();
    seen = `${seen}, ${state?.task ?? `${disk.kind} idle`}`;
    const isIdle = state !== undefined && state.task === undefined;
    if (isIdle && image?.status === 'active') return image;
    const problem = findProblem(image, state, disk);
    if (isConfirmed(problem !== undefined)) throw failed(imageId, disk, problem ?? seen);
    return undefined;
  };
  const what = `image ${imageId} to be active`;
  const wanted = { timeout: 'imageTimeout', what, lastSeen: () => seen, isRequested: true } as const;
  return waitFor(probe, waitOn(cloud, context, wanted));
}

function findProblem(
  image: Image | undefined,
  state: DiskState | undefined,
  { kind, service }: ImageDisk,
): string | undefined {
  if (image === undefined) return 'it is gone';
  if (state === undefined) return `its ${kind} is gone`;
  const gaveUp = state.task === undefined && image.status === 'queued';
  return gaveUp ? `${service} gave up: still queued, the ${kind} idle` : undefined;
}

function failed(imageId: string, { kind }: ImageDisk, seen: string): UploadImageError {
  return new UploadImageError(`image ${imageId} of the ${kind} was not stored: ${seen}`);
}

/**
 * Returns the GiB of disk that a server needs for the image. Nova writes the disk of the builder's flavor on it, which
 * may be larger. Returns undefined when Glance does not know the size of the disk in the image.
 */
export function minDiskOf({ virtualSize }: Pick<Image, 'virtualSize'>): number | undefined {
  return virtualSize === undefined || virtualSize === 0 ? undefined : Math.ceil(virtualSize / GIB);
}

/**
 * Sets a verified image's name, minimum disk and properties in one request, because the name makes the image visible to
 * its users. Reads the image when the response is unclear.
 */
export async function nameImage(
  cloud: Cloud,
  id: string,
  final: Pick<Image, 'name' | 'properties'> & { readonly minDisk?: number | undefined },
): Promise<Image> {
  const image = await updateOrRead(cloud, id, final);
  cloud.noteKept(id);
  return image;
}

async function updateOrRead(
  cloud: Cloud,
  id: string,
  final: Pick<Image, 'name' | 'properties'> & { readonly minDisk?: number | undefined },
): Promise<Image> {
  try {
    return await updateImage(cloud, id, final);
  } catch (error) {
    const image = await findImage(cloud, id).catch(() => undefined);
    if (image?.name === final.name) return image;
    throw error;
  }
}
