import { messageOf } from '../../model/message-of.ts';
import { ProductError } from '../../model/errors.ts';
import { findKeypairMetadata } from '../../model/keypair-comment.ts';
import { OWNER_KEYS, isOwnedBy } from '../../model/owner.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { type Image, deleteImage, listImages } from '../../openstack/images.ts';
import { deleteKeypair, listKeypairs } from '../../openstack/keypairs.ts';
import { listServers } from '../../openstack/servers.ts';
import type { Clouds, Recorder, RunSettings } from '../context.ts';
import { isAbandoned } from './leftovers.ts';
import { removeServer } from '../build/remove-server.ts';
import { runSteps } from '../steps.ts';

/** The longest wait for the deletion of a dead build's server. A server that Nova cannot delete must not delay builds. */
const MAX_DELETE_WAIT_S = 120;

/** A resource that a dead build left in the cloud. */
interface Leftover {
  /** The resource in words, such as `server x (id)`. */
  readonly what: string;
  readonly remove: () => Promise<void>;
}

/** Everything that decides whether a dead build of the same application created a resource. */
type OwnershipContext = Pick<RunSettings, 'owner' | 'clock' | 'findProcessState'>;

/** Everything that a sweep of images uses. */
export type ImageSweepContext = OwnershipContext & Pick<Recorder, 'warn'>;

/** Everything that a sweep of a whole project uses. */
export type SweepContext = ImageSweepContext & Pick<RunSettings, 'timeouts'>;

/**
 * Deletes the leftovers of killed builds of the same application and model: servers with their ports, unfinished
 * images, keypairs. Owner metadata decides, never a name; resources of a running build stay. A resource that cannot be
 * deleted causes a warning and does not stop the others. Returns what was deleted.
 */
export async function sweepLeftovers(cloud: Cloud, context: SweepContext): Promise<readonly string[]> {
  return [
    ...(await removeAll(await findServers(cloud, context), context)),
    ...(await sweepImages(cloud, context)),
    ...(await removeAll(await findKeypairs(cloud, context), context)),
  ];
}

/** Sweeps a cloud as a command of its own. Returns what was deleted. */
export async function sweepCloud(
  cloudName: string,
  context: Clouds & SweepContext & Recorder & Pick<RunSettings, 'signal'>,
): Promise<readonly string[]> {
  const cloud = (await context.connect(cloudName)).withSignal(context.signal);
  return runSteps(context, (step) =>
    step('sweep leftovers', async () => {
      const swept = await sweepLeftovers(cloud, context);
      context.record({ swept });
      return swept;
    }),
  );
}

/** Sweeps unfinished images only, in a cloud that gets copies. */
export async function sweepImages(cloud: Cloud, context: ImageSweepContext): Promise<readonly string[]> {
  return removeAll(await findImages(cloud, context), context);
}

async function removeAll(
  leftovers: readonly Leftover[],
  { warn }: Pick<Recorder, 'warn'>,
): Promise<readonly string[]> {
  const swept: string[] = [];
  for (const leftover of leftovers) {
    try {
      await leftover.remove();
      swept.push(leftover.what);
    } catch (error) {
      if (error instanceof ProductError && error.kind === 'cancelled') throw error;
      warn(`left behind: ${leftover.what}: ${messageOf(error)}`);
    }
  }
  return swept;
}

function isOurs(
  metadata: Readonly<Record<string, string>>,
  createdAt: string,
  context: OwnershipContext,
): boolean {
  return isOwnedBy(metadata, context.owner) && isAbandoned(metadata, createdAt, context);
}

async function findServers(
  cloud: Cloud,
  context: OwnershipContext & Pick<RunSettings, 'timeouts'>,
): Promise<readonly Leftover[]> {
  const servers = await listServers(cloud);
  const timeouts = {
    ...context.timeouts,
    deleteTimeout: Math.min(context.timeouts.deleteTimeout, MAX_DELETE_WAIT_S),
  };
  return servers
    .filter((server) => isOurs(server.metadata, server.createdAt, context))
    .map(({ id, name }) => ({
      what: `server ${name} (${id})`,
      remove: () => removeServer(cloud, id, { timeouts }),
    }));
}

async function findImages(cloud: Cloud, context: OwnershipContext): Promise<readonly Leftover[]> {
  const images = await listImages(cloud);
  return images
    .filter((image) => isUnfinished(image) && isOurs(image.properties, image.createdAt, context))
    .map(({ id, name }) => ({ what: `image ${name} (${id})`, remove: () => deleteImage(cloud, id) }));
}

/** Reports whether a runner image lacks its final name, which it gets after its proof, or a base image is not active. */
function isUnfinished(image: Image): boolean {
  const { [OWNER_KEYS.kind]: kind, [OWNER_KEYS.buildId]: buildId = '' } = image.properties;
  if (kind === 'base') return image.status !== 'active';
  return kind === 'runner' && image.name.endsWith(`.building-${buildId}`);
}

/** Finds the keypairs of dead builds on this host. Other hosts' keypairs are kept: Nova's list has no creation time. */
async function findKeypairs(cloud: Cloud, context: OwnershipContext): Promise<readonly Leftover[]> {
  const keypairs = await listKeypairs(cloud);
  return keypairs
    .filter(({ publicKey }) => {
      const metadata = findKeypairMetadata(publicKey);
      return metadata !== undefined && isOurs(metadata, '', context);
    })
    .map(({ name }) => ({ what: `keypair ${name}`, remove: () => deleteKeypair(cloud, name) }));
}
