import { ProductError } from '../model/errors.ts';
import { messageOf } from '../model/message-of.ts';
import { OWNER_KEYS, isOwnedBy, isPublished } from '../model/owner.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { type Image, findImage, listImages } from '../openstack/images.ts';
import { tokenOf } from './token-of.ts';
import type { Tools } from './tools.ts';

/** One image of ours, in the words that model/observation.ts reads. */
export interface ListedImage {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly createdAt: string;
  readonly sourceImageId?: string;
  readonly runConfig?: string;
  readonly buildId: string;
  readonly isPublished: boolean;
}

/** What one cloud of clouds.yaml answered: its project's images of ours, the newest first; or why it did not. */
export type CloudListing =
  | {
      readonly cloud: string;
      readonly projectKey: string;
      readonly images: readonly ListedImage[];
      /** Of the ids asked for besides: those that the token sees active. */
      readonly alsoActiveIds: readonly string[];
    }
  | { readonly cloud: string; readonly failure: unknown };

/**
 * Looks at several clouds at the same time, each with its own token: all runner images in its own project, unfinished
 * ones included, of one owner where the tools name one. A cloud that fails hurts no other. Throws only when it is told
 * to stop.
 */
export function listRunnerImages(
  cloudNames: readonly string[],
  alsoIds: readonly string[],
  tools: Tools,
): Promise<readonly CloudListing[]> {
  return Promise.all(
    cloudNames.map(async (cloud): Promise<CloudListing> => {
      try {
        return { cloud, ...(await look(cloud, alsoIds, tools)) };
      } catch (failure) {
        if (failure instanceof ProductError && failure.kind === 'cancelled') throw failure;
        tools.warn(`cloud ${cloud}: ${messageOf(failure)}`);
        return { cloud, failure };
      }
    }),
  );
}

async function look(cloudName: string, alsoIds: readonly string[], tools: Tools) {
  const cloud = (await tools.connect(cloudName)).under(tools.signal);
  await tokenOf(cloud); // so that who is told to stop does not wait for a Keystone that hangs
  const [projectKey, images] = await Promise.all([cloud.projectKey(), listImages(cloud)]);
  const listed = images.filter((image) => isListed(image, tools)).map(describe);
  const others = alsoIds.filter((id) => listed.every((image) => image.id !== id));
  return { projectKey, images: listed, alsoActiveIds: await listActiveIds(cloud, others) };
}

/** One by one: they may be shared, or of an owner that is none of ours. */
async function listActiveIds(cloud: Cloud, ids: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(ids.map((id) => findImage(cloud, id)));
  return found.flatMap((image) => (image?.status === 'active' ? [image.id] : []));
}

/** An image whose name was taken away is nobody's revision. */
function isListed({ name, properties }: Image, { ownerFilter }: Tools): boolean {
  return (
    name !== '' &&
    properties[OWNER_KEYS.kind] === 'runner' &&
    (ownerFilter === undefined || isOwnedBy(properties, ownerFilter))
  );
}

function describe({ id, name, status, createdAt, properties }: Image): ListedImage {
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
