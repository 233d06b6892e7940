import { setMaxListeners } from 'node:events';
import { CloudError, UnauthorizedError } from '../model/cloud/cloud-errors.ts';
import { DeadlineError, ProductError } from '../model/errors.ts';
import { messageOf } from '../model/text/message-of.ts';
import { CLOUDS_AT_A_TIME, type ObservedImage, type ObservedLayer } from '../model/observation.ts';
import { isLayerName } from '../model/image/layers.ts';
import { OWNER_KEYS, type Owner, isOwnedBy, isPublished } from '../model/owner.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { type Image, findImage, listImages } from '../openstack/images.ts';
import { mapWithin } from '../system/map-within.ts';
import { withDeadline } from '../system/wait.ts';
import { tokenOf } from './distribute/token-of.ts';
import type { Clouds, Deadlines, Recorder, RunSettings } from './context.ts';

/** The result for one cloud of clouds.yaml: its project's runner images, the newest first, or the failure. */
export type CloudListing =
  | {
      readonly cloud: string;
      readonly projectKey: string;
      readonly images: readonly ObservedImage[];
      /** Finished layers; none unless the listing is limited to one owner. */
      readonly layers: readonly ObservedLayer[];
      /** The ids of the requested extra images that the token sees as active. */
      readonly activeExtraIds: readonly string[];
    }
  | { readonly cloud: string; readonly failure: unknown };

/** An image to check in one cloud, regardless of its owner. */
export interface ExtraImage {
  readonly cloudName: string;
  readonly imageId: string;
}

/** Everything that a listing uses. */
export type ListContext = CloudContext & Deadlines & Pick<Recorder, 'warn'>;

type CloudContext = Clouds & Pick<RunSettings, 'signal' | 'ownerFilter'>;

/** The number of images that are read at the same time in one cloud. */
const IMAGES_AT_A_TIME = 4;

/** The number of characters in the list of one cloud, about 1000 images, so that it cannot displace other clouds. */
const MAXIMUM_LISTED = 500_000;

/**
 * Lists the runner images of several clouds at the same time, each with its own token. A listing covers the token's own
 * project, includes unfinished images, and is limited to one owner when the context names one. A cloud that fails or
 * does not answer does not affect the others. Throws only when the signal is aborted.
 */
export function listRunnerImages(
  cloudNames: readonly string[],
  extraImages: readonly ExtraImage[],
  context: ListContext,
): Promise<readonly CloudListing[]> {
  return mapWithin(CLOUDS_AT_A_TIME, cloudNames, async (cloud): Promise<CloudListing> => {
    const extraIds = extraImages.flatMap(({ cloudName, imageId }) => (cloudName === cloud ? [imageId] : []));
    try {
      return { cloud, ...(await listCloudInTime(cloud, extraIds, context)) };
    } catch (failure) {
      if (failure instanceof ProductError && failure.kind === 'cancelled') throw failure;
      context.warn(`cloud ${cloud}: ${messageOf(failure)}`);
      return { cloud, failure };
    }
  });
}

/** Lists one cloud within a deadline: a cloud that answers each call slowly must not delay the result of the others. */
function listCloudInTime(cloudName: string, extraIds: readonly string[], context: CloudContext & Deadlines) {
  const seconds = 2 * context.timeouts.apiTimeout;
  const message = `cloud ${cloudName}: the listing did not end within ${seconds} s; twice --api-timeout is the limit`;
  return withDeadline(
    (signal) => listCloud(cloudName, extraIds, { ...context, signal }),
    { timeoutMs: seconds * 1000, clock: context.clock, signal: context.signal },
    () => new DeadlineError(message),
  );
}

async function listCloud(
  cloudName: string,
  extraIds: readonly string[],
  { connect, signal, ownerFilter }: CloudContext,
) {
  setMaxListeners(0, signal);
  const cloud = (await connect(cloudName)).withSignal(signal);
  await tokenOf(cloud); // stops waiting for a hanging Keystone when the signal is aborted
  // One list for images and layers: an application also has a few base images, other projects' images may be thousands.
  const wanted =
    ownerFilter === undefined
      ? { [OWNER_KEYS.kind]: 'runner' }
      : { [OWNER_KEYS.application]: ownerFilter.application };
  const [projectKey, images] = await Promise.all([cloud.projectKey(), listImages(cloud, undefined, wanted)]);
  const listed = images.filter((image) => isListed(image, ownerFilter)).map(describe);
  if (JSON.stringify(listed).length > MAXIMUM_LISTED) {
    throw cloud.image.unexpectedAnswer(
      { operation: 'list images' },
      `returned ${listed.length} images of this application, more than a listing may hold; delete some`,
    );
  }
  const unlisted = extraIds.filter((id) => listed.every((image) => image.id !== id));
  const layers = images.filter((image) => isFinishedLayer(image, ownerFilter)).map(describeLayer);
  return { projectKey, images: listed, layers, activeExtraIds: await listActiveIds(cloud, unlisted) };
}

/** Reads the images one by one: a list leaves out those that are shared or have another owner. */
async function listActiveIds(cloud: Cloud, ids: readonly string[]): Promise<readonly string[]> {
  const found = await mapWithin(IMAGES_AT_A_TIME, ids, (id) => findVisibleImage(cloud, id));
  return found.flatMap((image) => (image?.status === 'active' ? [image.id] : []));
}

/** Returns undefined for an image that the cloud refuses to show. Throws when the cloud could not answer. */
async function findVisibleImage(cloud: Cloud, id: string): Promise<Image | undefined> {
  try {
    return await findImage(cloud, id);
  } catch (error) {
    const isRefused = error instanceof CloudError && error.kind === 'denied';
    if (isRefused && !(error instanceof UnauthorizedError)) return undefined;
    throw error;
  }
}

/** Reports whether an image is a runner image of the owner. An image without a name is not a revision. */
function isListed({ name, properties }: Image, ownerFilter: Owner | undefined): boolean {
  return (
    name !== '' &&
    properties[OWNER_KEYS.kind] === 'runner' &&
    (ownerFilter === undefined || isOwnedBy(properties, ownerFilter))
  );
}

/** Reports whether an image is a layer of the owner that has its name already. */
function isFinishedLayer({ name, properties }: Image, ownerFilter: Owner | undefined): boolean {
  return (
    properties[OWNER_KEYS.kind] === 'layer' &&
    isLayerName(name) &&
    ownerFilter !== undefined &&
    isOwnedBy(properties, ownerFilter)
  );
}

function describeLayer({ id, name, status, createdAt, properties }: Image): ObservedLayer {
  const { [OWNER_KEYS.runConfig]: key = '', [OWNER_KEYS.buildId]: buildId = '' } = properties;
  return { id, name, status, createdAt, key, buildId };
}

function describe({ id, name, status, createdAt, size, properties }: Image): ObservedImage {
  const { [OWNER_KEYS.source]: sourceImageId = '', [OWNER_KEYS.runConfig]: runConfig = '' } = properties;
  const {
    [OWNER_KEYS.runnerVersion]: runnerVersion = '',
    [OWNER_KEYS.runnerReleasedAt]: runnerReleasedAt = '',
  } = properties;
  return {
    id,
    name,
    status,
    createdAt,
    ...(sourceImageId === '' ? {} : { sourceImageId }),
    ...(runConfig === '' ? {} : { runConfig }),
    ...(runnerVersion === '' ? {} : { runnerVersion }),
    ...(runnerReleasedAt === '' ? {} : { runnerReleasedAt }),
    ...(size === undefined ? {} : { size }),
    buildId: properties[OWNER_KEYS.buildId] ?? '',
    isPublished: isPublished(properties),
  };
}
