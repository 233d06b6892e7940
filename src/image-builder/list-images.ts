import { setMaxListeners } from 'node:events';
import { CloudError, UnauthorizedError } from '../model/cloud-errors.ts';
import { DeadlineError, ProductError } from '../model/errors.ts';
import { messageOf } from '../model/message-of.ts';
import { CLOUDS_AT_A_TIME, type ObservedImage } from '../model/observation.ts';
import { OWNER_KEYS, type Owner, isOwnedBy, isPublished } from '../model/owner.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { type Image, findImage, listImages } from '../openstack/images.ts';
import { mapWithin } from '../system/map-within.ts';
import { withDeadline } from '../system/wait.ts';
import { tokenOf } from './distribute/token-of.ts';
import type { Clouds, Deadlines, Recorder, RunSettings } from './context.ts';

/** What one cloud of clouds.yaml answered: its project's images of ours, the newest first; or why it did not. */
export type CloudListing =
  | {
      readonly cloud: string;
      readonly projectKey: string;
      readonly images: readonly ObservedImage[];
      /** Of the ids asked of it besides: those that the token sees active. */
      readonly activeExtraIds: readonly string[];
    }
  | { readonly cloud: string; readonly failure: unknown };

/** An image to look at in one cloud, whosever it is. */
export interface AlsoImage {
  readonly cloudName: string;
  readonly imageId: string;
}

/** Everything that a listing uses. */
export type ListContext = LookContext & Deadlines & Pick<Recorder, 'warn'>;

type LookContext = Clouds & Pick<RunSettings, 'signal' | 'ownerFilter'>;

/** How many images are looked at one by one at the same time, in one cloud. */
const IMAGES_AT_A_TIME = 4;

/**
 * Looks at several clouds at the same time, each with its own token: all runner images in its own project, unfinished
 * ones included, of one owner where the context names one. A cloud that fails, or does not come to an end, hurts no other.
 * Throws only when it is told to stop.
 */
export function listRunnerImages(
  cloudNames: readonly string[],
  also: readonly AlsoImage[],
  context: ListContext,
): Promise<readonly CloudListing[]> {
  return mapWithin(CLOUDS_AT_A_TIME, cloudNames, async (cloud): Promise<CloudListing> => {
    const alsoIds = also.flatMap(({ cloudName, imageId }) => (cloudName === cloud ? [imageId] : []));
    try {
      return { cloud, ...(await lookInTime(cloud, alsoIds, context)) };
    } catch (failure) {
      if (failure instanceof ProductError && failure.kind === 'cancelled') throw failure;
      context.warn(`cloud ${cloud}: ${messageOf(failure)}`);
      return { cloud, failure };
    }
  });
}

/** A cloud that answers each call slowly is not to hold up what the others told. */
function lookInTime(cloudName: string, alsoIds: readonly string[], context: LookContext & Deadlines) {
  const seconds = 2 * context.timeouts.apiTimeout;
  const message = `cloud ${cloudName}: was not seen whole within ${seconds} s, twice what --api-timeout says`;
  return withDeadline(
    (signal) => look(cloudName, alsoIds, { ...context, signal }),
    { timeoutMs: seconds * 1000, clock: context.clock, signal: context.signal },
    () => new DeadlineError(message),
  );
}

async function look(
  cloudName: string,
  alsoIds: readonly string[],
  { connect, signal, ownerFilter }: LookContext,
) {
  setMaxListeners(0, signal);
  const cloud = (await connect(cloudName)).withSignal(signal);
  await tokenOf(cloud); // so that who is told to stop does not wait for a Keystone that hangs
  const owned = ownerFilter && { [OWNER_KEYS.application]: ownerFilter.application };
  const [projectKey, images] = await Promise.all([
    cloud.projectKey(),
    listImages(cloud, undefined, owned), // what others have in the project may be thousands
  ]);
  const listed = images.filter((image) => isListed(image, ownerFilter)).map(describe);
  const others = alsoIds.filter((id) => listed.every((image) => image.id !== id));
  return { projectKey, images: listed, activeExtraIds: await listActiveIds(cloud, others) };
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
function isListed({ name, properties }: Image, ownerFilter: Owner | undefined): boolean {
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
