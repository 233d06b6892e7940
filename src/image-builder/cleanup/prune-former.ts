import { formerKeypairName, listFormerServers, matchFormerImages } from '../../model/unit/former-names.ts';
import { findKeypairMetadata } from '../../model/cloud/keypair-comment.ts';
import { messageOf } from '../../model/text/message-of.ts';
import { OWNER_KEYS, isOwnedBy } from '../../model/owner.ts';
import type { OrderOf } from '../../model/job/job-order.ts';
import type { PrunedThing } from '../../model/result/program-result-prune.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { type Image, findImage, listImages } from '../../openstack/images.ts';
import { deleteKeypair, listKeypairs } from '../../openstack/keypairs.ts';
import { listServers } from '../../openstack/servers.ts';
import { throwIfAborted } from '../../system/wait.ts';
import { removeServer } from '../build/remove-server.ts';
import type { RunSettings } from '../context.ts';
import { type PruneResult, keptBecause, removeImage } from './prune.ts';

type PruneOrder = OrderOf<'prune-clouds'>;

/** The things of the Python charm to prune in one cloud. */
type FormerThings = Omit<PruneOrder['former'][number], 'cloudId'> &
  Pick<PruneOrder, 'isDryRun' | 'protectedIds'>;

type FormerContext = Pick<RunSettings, 'owner' | 'timeouts'>;

/**
 * Deletes images of the Python charm by id and, if `names` says so, everything that has the name of one of its things.
 * Nothing that carries the metadata of an owner is touched, and no image by name before the cloud has one of ours.
 */
export async function pruneFormer(
  cloud: Cloud,
  former: FormerThings,
  context: FormerContext,
): Promise<readonly PrunedThing[]> {
  const { imageIds, names } = former;
  const things: PrunedThing[] = [];
  for (const id of imageIds) {
    const image = await findImage(cloud, id);
    if (image !== undefined) things.push(await pruneImage(cloud, image, former));
  }
  if (names === 'none') return things;
  const found = (await listNamed(cloud, context)).filter(({ image }) => !imageIds.includes(image.id));
  for (const { image, obstacle } of found) things.push(await pruneImage(cloud, image, former, obstacle));
  if (names === 'images') return things;
  return [
    ...things,
    ...(await pruneServers(cloud, former, context)),
    ...(await pruneKeypairs(cloud, former, context)),
  ];
}

/** Lists the images with the names of the Python charm, and why none of them may be deleted yet. */
async function listNamed(cloud: Cloud, { owner }: Pick<RunSettings, 'owner'>) {
  const images = await listImages(cloud);
  const isFormerName = matchFormerImages(owner.application);
  const hasOurs = images.some(
    ({ status, properties }) =>
      status === 'active' && properties[OWNER_KEYS.kind] === 'runner' && isOwnedBy(properties, owner),
  );
  const obstacle = hasOurs ? undefined : 'this cloud has no image of this charm yet';
  return images
    .filter(({ name }) => isFormerName(name))
    .flatMap((image) => (isOwned(image) ? [] : [{ image, obstacle }]));
}

function isOwned({ properties }: Image): boolean {
  return properties[OWNER_KEYS.application] !== undefined;
}

async function pruneImage(
  cloud: Cloud,
  image: Image,
  { isDryRun, protectedIds }: FormerThings,
  obstacle?: string,
): Promise<PrunedThing> {
  throwIfAborted(cloud.signal);
  const { id, name, createdAt } = image;
  const reason = (await explainKept(cloud, image, protectedIds)) ?? obstacle;
  const result =
    reason === undefined ? await removeImage(cloud, image, FORMER, isDryRun) : keptBecause(reason);
  return { cloud: cloud.name, kind: 'image', id, name, createdAt, ...result };
}

const FORMER = 'of the Python charm';

async function explainKept(
  cloud: Cloud,
  image: Image,
  protectedIds: readonly string[],
): Promise<string | undefined> {
  if (isOwned(image)) return 'it has the metadata of an owner';
  if (image.projectId !== (await cloud.projectId())) return 'it belongs to another project';
  if (protectedIds.includes(image.id)) return 'protected';
  return image.status === 'active' ? undefined : `not active but ${image.status}`;
}

async function pruneServers(
  cloud: Cloud,
  { isDryRun }: FormerThings,
  { owner, timeouts }: FormerContext,
): Promise<readonly PrunedThing[]> {
  const names = listFormerServers(owner.application);
  const servers = (await listServers(cloud)).filter(
    ({ name, metadata }) => names.includes(name) && metadata[OWNER_KEYS.application] === undefined,
  );
  const things: PrunedThing[] = [];
  for (const { id, name, createdAt } of servers) {
    const result = await removeUnless(isDryRun, () => removeServer(cloud, id, { timeouts }));
    things.push({ cloud: cloud.name, kind: 'server', id, name, createdAt, ...result });
  }
  return things;
}

async function pruneKeypairs(
  cloud: Cloud,
  { isDryRun }: FormerThings,
  { owner }: Pick<RunSettings, 'owner'>,
): Promise<readonly PrunedThing[]> {
  const wanted = formerKeypairName(owner.application);
  const keypairs = (await listKeypairs(cloud)).filter(
    ({ name, publicKey }) => name === wanted && findKeypairMetadata(publicKey) === undefined,
  );
  const things: PrunedThing[] = [];
  for (const { name } of keypairs) {
    const result = await removeUnless(isDryRun, () => deleteKeypair(cloud, name));
    things.push({ cloud: cloud.name, kind: 'keypair', id: name, name, createdAt: '', ...result });
  }
  return things;
}

async function removeUnless(isDryRun: boolean, remove: () => Promise<unknown>): Promise<PruneResult> {
  if (isDryRun) return { outcome: 'would be deleted', reason: FORMER };
  try {
    await remove();
    return { outcome: 'deleted', reason: FORMER };
  } catch (error) {
    return { outcome: 'failed', reason: messageOf(error) };
  }
}
