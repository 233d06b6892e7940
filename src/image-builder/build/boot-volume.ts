import { RejectedError } from '../../model/cloud/cloud-errors.ts';
import { FlavorRequirementsNotMetError, InputError, ServerError } from '../../model/errors.ts';
import { unfinishedImageName } from '../../model/image/names.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import type { Flavor } from '../../openstack/flavors.ts';
import { type Image, findImage } from '../../openstack/images.ts';
import {
  createVolume,
  createVolumeImage,
  deleteVolume,
  findVolume,
  listVolumes,
  setVolumeImageProperties,
} from '../../openstack/volumes.ts';
import { waitFor } from '../../system/wait.ts';
import type { Maker } from '../context.ts';
import { type Waiting, createConfirmation, waitOn } from '../wait-on.ts';
import {
  type ServerImageKind,
  buildMetadata,
  imageMetadata,
  minDiskOf,
  waitForImageOf,
} from './server-image.ts';

/** Checks that the cloud has volumes, which the servers of a flavor without a disk boot from. */
export async function requireBlockStorage(cloud: Cloud, { name }: Pick<Flavor, 'name'>): Promise<void> {
  try {
    await listVolumes(cloud);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new FlavorRequirementsNotMetError([
      `--flavor: servers of the flavor ${name}, which has no disk, boot from volumes, but ${error.message}; choose a ` +
        'flavor with a disk',
    ]);
  }
}

/** The volume that a build's server boots from. */
interface BootVolume {
  readonly name: string;
  /** The base image. */
  readonly imageId: string;
  /** The name of the image that is being built. */
  readonly imageName: string;
  /** The GiB that a build needs. The base image may need more. */
  readonly minimum: number;
}

/** Requests a volume with the data of the base image. Returns its id. */
export async function createBootVolume(
  cloud: Cloud,
  { name, imageId, imageName, minimum }: BootVolume,
  maker: Maker,
): Promise<string> {
  const image = await findImage(cloud, imageId);
  const size = Math.max(minimum, image?.minDisk ?? 0, (image && minDiskOf(image)) ?? 0);
  return createVolume(cloud, { name, size, imageId, metadata: buildMetadata('volume', imageName, maker) });
}

/** Waits until the volume is ready and not attached to a server. Throws ServerError after a failure. */
export async function waitForVolume(
  cloud: Cloud,
  id: string,
  timeout: 'serverTimeout' | 'deleteTimeout',
  context: Waiting,
): Promise<void> {
  let seen = 'unknown';
  const isConfirmed = createConfirmation();
  const probe = async (): Promise<true | undefined> => {
    seen = (await findVolume(cloud, id))?.status ?? 'gone';
    if (isConfirmed(seen === 'gone'))
      throw new ServerError(`volume ${id} is gone: another client deleted it`);
    if (seen.startsWith('error')) {
      throw new ServerError(
        `volume ${id} has the status ${seen}; the cloud's operator finds the reason in Cinder's log`,
      );
    }
    return seen === 'available' ? true : undefined;
  };
  const what = `volume ${id} to be available`;
  await waitFor(probe, waitOn(cloud, context, { timeout, what, lastSeen: () => seen }));
}

/**
 * Requests an image of the volume from Cinder, under an unfinished name. Returns its id. Cinder gives the image the
 * properties of the base image, with the base image's owner, unless the volume has others.
 */
export async function requestVolumeImage(
  cloud: Cloud,
  volumeId: string,
  { imageName, kind }: { readonly imageName: string; readonly kind: ServerImageKind },
  maker: Maker,
): Promise<string> {
  await setVolumeImageProperties(cloud, volumeId, imageMetadata(imageName, maker, kind));
  return createVolumeImage(cloud, volumeId, unfinishedImageName(imageName, maker.owner.buildId));
}

/** Waits until the image is active in Glance and the volume idle. Throws UploadImageError after a failure. */
export function waitForVolumeImage(
  cloud: Cloud,
  imageId: string,
  volumeId: string,
  context: Waiting,
): Promise<Image> {
  const find = async () => {
    const volume = await findVolume(cloud, volumeId);
    return volume && { task: volume.status === 'uploading' ? volume.status : undefined };
  };
  return waitForImageOf(cloud, imageId, { kind: 'volume', service: 'Cinder', find }, context);
}

/** The states in which Cinder deletes a volume. In all others it is still busy with it. */
const DELETABLE = ['available', 'error', 'error_extending', 'error_restoring'];

/** Deletes a volume as soon as Cinder is idle with it, and waits until it is gone. */
export async function removeVolume(cloud: Cloud, id: string, context: Waiting): Promise<void> {
  let status = 'unknown';
  const probe = async (): Promise<true | undefined> => {
    status = (await findVolume(cloud, id))?.status ?? 'gone';
    if (status === 'gone') return true;
    if (status === 'error_deleting')
      throw new ServerError(`Cinder could not delete volume ${id}: it is ${status}`);
    if (DELETABLE.includes(status)) await deleteUnlessBusy(cloud, id);
    return undefined;
  };
  const what = `volume ${id} to be gone`;
  await waitFor(probe, waitOn(cloud, context, { timeout: 'deleteTimeout', what, lastSeen: () => status }));
}

/** Requests the deletion. Ignores a 400, which Cinder returns when the volume's state has changed. */
async function deleteUnlessBusy(cloud: Cloud, id: string): Promise<void> {
  try {
    await deleteVolume(cloud, id);
  } catch (error) {
    if (!(error instanceof RejectedError)) throw error;
  }
}

/** Deletes the volume; without its id, every volume of the name, which is unique to its maker. */
export async function removeVolumes(
  cloud: Cloud,
  name: string,
  id: string | undefined,
  context: Waiting,
): Promise<void> {
  const named =
    id === undefined ? (await listVolumes(cloud)).filter((volume) => volume.name === name) : [{ id }];
  for (const volume of named) await removeVolume(cloud, volume.id, context);
}
