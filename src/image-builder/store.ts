import { randomUUID } from 'node:crypto';
import { type Arch, archNames } from '../model/image/arch.ts';
import { CloudError, ConflictError } from '../model/cloud/cloud-errors.ts';
import { GetImageError, InputError, ProductError, UploadImageError } from '../model/errors.ts';
import { messageOf } from '../model/text/message-of.ts';
import { unfinishedImageName } from '../model/image/names.ts';
import { OWNER_KEYS, isOwnedBy } from '../model/owner.ts';
import type { Cloud } from '../openstack/cloud.ts';
import {
  type Image,
  type ImageSpec,
  createImage,
  deleteImage,
  findImage,
  listImages,
} from '../openstack/images.ts';
import type { Server } from '../openstack/servers.ts';
import type { Volume } from '../openstack/volumes.ts';
import type { Clouds, Deadlines, Maker, Recorder, RunSettings } from './context.ts';
import { type ImageSource, openImageFile } from './distribute/image-source.ts';
import { pruneAfterSuccess } from './cleanup/prune-after-success.ts';
import { requestVolumeImage, waitForVolumeImage } from './build/boot-volume.ts';
import { reportImageSize } from './build/image-size.ts';
import {
  type ServerImageKind,
  imageMetadata,
  minDiskOf,
  nameImage,
  removeUnfinishedImage,
  requestServerImage,
  waitForServerImage,
} from './build/server-image.ts';
import { StepFailedError, runSteps } from './steps.ts';
import { type TransferWatch, sendVerifiedData } from './distribute/transfer.ts';
import type { WaitWatch } from './wait-on.ts';

type UploadContext = Deadlines & TransferWatch & WaitWatch & Maker & Pick<Recorder, 'warn'>;
type StoreContext = Clouds & UploadContext & Recorder & Pick<RunSettings, 'ownerFilter'>;

/** The parameters of a snapshot. */
export interface SnapshotRequest {
  /** The server's cloud. */
  readonly cloudName: string;
  readonly imageName: string;
  /** A stopped server. */
  readonly server: Pick<Server, 'id'>;
  /** The detached volume that the server booted from. Nova's image of such a server has no data, so Cinder makes it. */
  readonly volume?: Pick<Volume, 'id'> | undefined;
  /** The number of revisions to keep; nothing is pruned when undefined. */
  readonly keepRevisions: number | undefined;
  /** Additional properties of the image. The owner's are set in any case. */
  readonly properties: Readonly<Record<string, string>>;
  /** Default: runner. */
  readonly kind?: ServerImageKind;
}

/**
 * Creates an image of a stopped server, waits until it is active, names it, and prunes older revisions. After a
 * failure, deletes the image and throws StepFailedError caused by an UploadImageError.
 */
export async function createSnapshot(request: SnapshotRequest, context: StoreContext): Promise<Image> {
  const { cloudName, imageName, server, volume, keepRevisions, kind = 'runner' } = request;
  const connection = await context.connect(cloudName);
  const cloud = connection.withSignal(context.signal);
  const properties = { ...imageMetadata(imageName, context, kind), ...request.properties };
  const image = await asUpload(() =>
    runSteps(context, async (step) => {
      const requestImage = () =>
        volume === undefined
          ? requestServerImage(cloud, server.id, { imageName, kind }, context)
          : requestVolumeImage(cloud, volume.id, { imageName, kind }, context);
      const id = await step('create image', requestImage, {
        rollBack: (made) => removeUnfinishedImage(connection.withSignal(), imageName, made, context),
      });
      const stored = await step('wait for image', (watch) =>
        volume === undefined
          ? waitForServerImage(cloud, id, server.id, { ...context, ...watch })
          : waitForVolumeImage(cloud, id, volume.id, { ...context, ...watch }),
      );
      const minDisk = minDiskOf(stored);
      return step('name image', () => nameImage(cloud, id, { name: imageName, properties, minDisk }));
    }),
  );
  context.record({ imageId: image.id }); // before anything that a signal may interrupt
  await reportImageSize(cloud, image, context);
  await pruneAfterSuccess(cloud, { imageName, newIds: [image.id], keepRevisions }, context);
  return image;
}

/** A disk image to upload. */
export interface UploadRequest {
  readonly arch: Arch;
  readonly cloudName: string;
  readonly imageName: string;
  readonly imagePath: string;
  /** The number of revisions to keep; nothing is pruned when undefined. */
  readonly keepRevisions: number | undefined;
  /** In GiB; by default any server may boot from the image. */
  readonly minDisk?: number;
  /** Additional properties of the image. The owner's are set in any case. */
  readonly properties?: Readonly<Record<string, string>>;
}

/**
 * Uploads a disk image as a new revision of `imageName` and prunes older ones. After a failure, deletes the image and
 * throws StepFailedError caused by an UploadImageError.
 */
export async function uploadImage(request: UploadRequest, context: StoreContext): Promise<Image> {
  const { arch, cloudName, imageName, keepRevisions, minDisk, properties = {} } = request;
  const cloud = (await context.connect(cloudName)).withSignal(context.signal);
  const { source, diskFormat } = await openImageFile(request.imagePath);
  const record = {
    id: randomUUID(),
    name: unfinishedImageName(imageName, context.owner.buildId),
    diskFormat,
    ...(minDisk === undefined ? {} : { minDisk }),
    properties: {
      ...imageMetadata(imageName, context),
      ...properties,
      architecture: archNames(arch).openstack,
    },
  };
  const image = await asUpload(() =>
    runSteps(context, (step) =>
      step('upload image', (watch) =>
        uploadNewImage(cloud, { record, source, name: imageName }, { ...context, ...watch }),
      ),
    ),
  );
  if (image === undefined) throw new UploadImageError(`image ${record.id}: the id is already in use`);
  await pruneAfterSuccess(cloud, { imageName, newIds: [image.id], keepRevisions }, context);
  return image;
}

/** An image to create from a source of data. */
export interface NewImage {
  readonly record: ImageSpec & { readonly id: string };
  readonly source: ImageSource;
  /** The name that the image gets once its data is verified. By default it keeps the record's name. */
  readonly name?: string;
}

/**
 * Creates an image from a source of data: makes the record, sends the data, verifies what Glance stored, and names the
 * image. Retries a failed transfer as often as the source allows. Deletes the record after a failure. Returns
 * undefined when another upload has the record's id.
 */
export async function uploadNewImage(
  cloud: Cloud,
  { record, source, name }: NewImage,
  context: UploadContext,
): Promise<Image | undefined> {
  const { id, properties } = record;
  if (!(await claimRecord(cloud, record, context))) return undefined;
  try {
    const stored = await sendVerifiedData(cloud, id, source, context);
    if (name !== undefined) return await nameImage(cloud, id, { name, properties });
    cloud.noteKept(id);
    return stored;
  } catch (error) {
    await deleteImage(cloud, id).catch((cause: unknown) => {
      context.warn(`left behind: image ${id}: ${messageOf(cause)}`);
    });
    throw error;
  }
}

/** Creates the record. Returns false when another upload uses or has used its id. */
async function claimRecord(cloud: Cloud, record: NewImage['record'], maker: Maker): Promise<boolean> {
  try {
    await createImage(cloud, record);
    return true;
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    const isTaken = error instanceof ConflictError;
    if (!isTaken && error.kind !== 'unavailable') throw error;
    const image = await findImage(cloud, record.id); // the response to this request may have been lost
    if (image?.status === 'queued' && isMadeBy(image, maker)) return true;
    if (isTaken) return false;
    throw error;
  }
}

function isMadeBy({ properties }: Image, { owner, process }: Maker): boolean {
  return properties[OWNER_KEYS.process] === process && properties[OWNER_KEYS.buildId] === owner.buildId;
}

/** Returns the id of the newest active image with exactly this name, or an empty string. Throws GetImageError. */
export async function getLatestBuildId(
  cloudName: string,
  imageName: string,
  context: Clouds & Pick<RunSettings, 'signal' | 'ownerFilter'>,
  which: 'active' | 'any' = 'active',
): Promise<string> {
  const cloud = (await context.connect(cloudName)).withSignal(context.signal);
  const { ownerFilter } = context;
  try {
    const images = await listImages(cloud, imageName);
    const found = images.find(
      ({ status, properties }) =>
        (which === 'any' || status === 'active') &&
        (ownerFilter === undefined || isOwnedBy(properties, ownerFilter)),
    );
    return found?.id ?? '';
  } catch (cause) {
    if (!(cause instanceof ProductError) || cause instanceof InputError) throw cause;
    throw new GetImageError(cause.message, { cause });
  }
}

async function asUpload<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StepFailedError) || error.first instanceof UploadImageError) throw error;
    const cause = new UploadImageError(error.first.message, { cause: error.first });
    throw new StepFailedError(error.step, error.leftovers, cause);
  }
}
