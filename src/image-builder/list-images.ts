import { setMaxListeners } from 'node:events';
import { CloudError, UnauthorizedError } from '../model/cloud-errors.ts';
import { DeadlineError, ProductError } from '../model/errors.ts';
import { messageOf } from '../model/message-of.ts';
import { CLOUDS_AT_A_TIME, type ObservedImage } from '../model/observation.ts';
import { OWNER_KEYS, isOwnedBy, isPublished } from '../model/owner.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { type Image, findImage, listImages } from '../openstack/images.ts';
import { mapWithin } from '../system/map-within.ts';
import { withDeadline } from '../system/wait.ts';
import { tokenOf } from './token-of.ts';
import type { Tools } from './tools.ts';

/** What one cloud of clouds.yaml answered: its project's images of ours, the newest first; or why it did not. */
export type CloudListing =
  | {
      readonly cloud: string;
      readonly projectKey: string;
      readonly images: readonly ObservedImage[];
      /** Of the ids asked of it besides: those that the token sees active. */
      readonly alsoActiveIds: readonly string[];
    }
  | { readonly cloud: string; readonly failure: unknown };

/** An image to look at in one cloud, whosever it is. */
export interface AlsoImage {
  readonly cloudName: string;
  readonly imageId: string;
}

/** How many images are looked at one by one at the same time, in one cloud. */
const IMAGES_AT_A_TIME = 4;

/**
 * Looks at several clouds at the same time, each with its own token: all runner images in its own project, unfinished
 * ones included, of one owner where the tools name one. A cloud that fails, or does not come to an end, hurts no other.
 * Throws only when it is told to stop.
 */
export function listRunnerImages(
  cloudNames: readonly string[],
  also: readonly AlsoImage[],
  tools: Tools,
): Promise<readonly CloudListing[]> {
  return mapWithin(CLOUDS_AT_A_TIME, cloudNames, async (cloud): Promise<CloudListing> => {
    const alsoIds = also.flatMap(({ cloudName, imageId }) => (cloudName === cloud ? [imageId] : []));
    try {
      return { cloud, ...(await lookInTime(cloud, alsoIds, tools)) };
    } catch (failure) {
      if (failure instanceof ProductError && failure.kind === 'cancelled') throw failure;
      tools.warn(`cloud ${cloud}: ${messageOf(failure)}`);
      return { cloud, failure };
    }
  });
}

/** A cloud that answers each call slowly is not to hold up what the others told. */
function lookInTime(cloudName: string, alsoIds: readonly string[], tools: Tools) {
  const seconds = 2 * tools.timeouts.apiTimeout;
  const message = `cloud ${cloudName}: was not seen whole within ${seconds} s, twice what --api-timeout says`;
  return withDeadline(
    (signal) => look(cloudName, alsoIds, { ...tools, signal }),
    { timeoutMs: seconds * 1000, clock: tools.clock, signal: tools.signal },
    () => new DeadlineError(message),
  );
}

async function look(cloudName: string, alsoIds: readonly string[], tools: Tools) {
  setMaxListeners(0, tools.signal);
  const cloud = (await tools.connect(cloudName)).under(tools.signal);
  await tokenOf(cloud); // so that who is told to stop does not wait for a Keystone that hangs
  const owned = tools.ownerFilter && { [OWNER_KEYS.application]: tools.ownerFilter.application };
  const [projectKey, images] = await Promise.all([
    cloud.projectKey(),
    listImages(cloud, undefined, owned), // what others have in the project may be thousands
  ]);
  const listed = images.filter((image) => isListed(image, tools)).map(describe);
  const others = alsoIds.filter((id) => listed.every((image) => image.id !== id));
  return { projectKey, images: listed, alsoActiveIds: await listActiveIds(cloud, others) };
}

/** One by one: they may be shared, or of an owner that is none of ours. */
async function listActiveIds(cloud: Cloud, ids: readonly string[]): Promise<readonly string[]> {
  const found = await mapWithin(IMAGES_AT_A_TIME, ids, (id) => findSeenImage(cloud, id));
  return found.flatMap((image) => (image?.status === 'active' ? [image.id] : []));
}

/** An image that the cloud refuses to show is none that the token sees; one that it could not tell of fails the look. */
async function findSeenImage(cloud: Cloud, id: string): Promise<Image | undefined> {
  try {
    return await findImage(cloud, id);
  } catch (error) {
    const isRefused = error instanceof CloudError && error.kind === 'denied';
    if (isRefused && !(error instanceof UnauthorizedError)) return undefined;
    throw error;
  }
}

/** An image whose name was taken away is nobody's revision. */
function isListed({ name, properties }: Image, { ownerFilter }: Tools): boolean {
  return (
    name !== '' &&
    properties[OWNER_KEYS.kind] === 'runner' &&
    (ownerFilter === undefined || isOwnedBy(properties, ownerFilter))
  );
}

function describe({ id, name, status, createdAt, properties }: Image): ObservedImage {
  const { [OWNER_KEYS.source]: sourceImageId = '', [OWNER_KEYS.runConfig]: runConfig = '' } = properties;
  return {
    id,
    name,
    status,
    createdAt,
    ...(sourceImageId === '' ? {} : { sourceImageId }),
    ...(runConfig === '' ? {} : { runConfig }),
    buildId: properties[OWNER_KEYS.buildId] ?? '',
    isPublished: isPublished(properties),
  };
}
