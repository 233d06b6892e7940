import { type Arch, archNames } from '../model/arch.ts';
import { GetImageError, InputError, ProductError, UploadImageError } from '../model/errors.ts';
import { unfinishedImageName } from '../model/names.ts';
import { type Image, createImage, listImages } from '../openstack/images.ts';
import type { Server } from '../openstack/servers.ts';
import { isOwnedBy } from '../model/owner.ts';
import { pruneAfterSuccess } from './prune-after-success.ts';
import {
  imageMetadata,
  nameImage,
  publishServerImage,
  removeUnfinishedImage,
  requestServerImage,
  waitForServerImage,
} from './server-image.ts';
import { StepFailedError, runSteps } from './steps.ts';
import type { Tools } from './tools.ts';
import { type ImageSource, openImageSource, sendImageData } from './image-source.ts';

/**
 * Makes an image of a stopped server, waits until it is active, gives it its name, and prunes older revisions;
 * `keepRevisions` of `undefined` prunes nothing. `server` is of the cloud `cloudName`; `properties` are set beside the
 * owner's. Throws UploadImageError; nothing is left behind then.
 */
export async function createSnapshot(
  cloudName: string,
  imageName: string,
  server: Pick<Server, 'id'>,
  keepRevisions: number | undefined,
  tools: Tools,
  properties: Readonly<Record<string, string>> = {},
): Promise<Image> {
  const connection = await tools.connect(cloudName);
  const cloud = connection.under(tools.signal);
  const image = await asUpload(() =>
    runSteps(tools, async (step) => {
      const id = await step('create image', () => requestServerImage(cloud, server.id, imageName, tools), {
        rollBack: (made) => removeUnfinishedImage(connection.under(), imageName, made, tools),
      });
      await step('wait for image', () => waitForServerImage(cloud, id, server.id, tools));
      return step('name image', () => publishServerImage(cloud, id, imageName, properties, tools));
    }),
  );
  await pruneAfterSuccess(cloud, imageName, [image.id], keepRevisions, tools);
  return image;
}

/**
 * Uploads a disk image as a new revision of `imageName`, and prunes older ones. Throws UploadImageError; nothing is
 * left behind then.
 */
export async function uploadImage(
  arch: Arch,
  cloudName: string,
  imageName: string,
  imageSource: ImageSource,
  keepRevisions: number | undefined,
  tools: Tools,
): Promise<Image> {
  const connection = await tools.connect(cloudName);
  const cloud = connection.under(tools.signal);
  const source = await openImageSource(imageSource);
  const properties = {
    ...imageMetadata(imageName, tools),
    architecture: archNames(arch).openstack,
  };
  const record = {
    name: unfinishedImageName(imageName, tools.owner.buildId),
    diskFormat: source.diskFormat,
    properties,
  };
  const image = await asUpload(() =>
    runSteps(tools, async (step) => {
      const { id } = await step('create image', () => createImage(cloud, record), {
        rollBack: (made) => removeUnfinishedImage(connection.under(), imageName, made?.id, tools),
      });
      await step('upload image', () => sendImageData(cloud, id, source, tools));
      return step('name image', () => nameImage(cloud, id, imageName, properties));
    }),
  );
  await pruneAfterSuccess(cloud, imageName, [image.id], keepRevisions, tools);
  return image;
}

/** The id of the newest active image of exactly this name; empty when there is none. Throws GetImageError. */
export async function getLatestBuildId(
  cloudName: string,
  imageName: string,
  tools: Pick<Tools, 'connect' | 'signal' | 'ownerFilter'>,
  which: 'active' | 'any' = 'active',
): Promise<string> {
  const cloud = (await tools.connect(cloudName)).under(tools.signal);
  const { ownerFilter } = tools;
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
