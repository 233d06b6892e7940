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

/** The longest wait for a dead build's server: one that Nova cannot delete must not delay every build. */
const LONGEST_S = 120;

/** One thing that a dead build left in the cloud. */
interface Leftover {
  /** 'server x (id)', for whoever reads. */
  readonly what: string;
  readonly remove: () => Promise<void>;
}

/** Everything that decides whether a dead build of the same application made a thing. */
type OwnershipContext = Pick<RunSettings, 'owner' | 'clock' | 'findProcessState'>;

/** Everything that a sweep of images uses. */
export type ImageSweepContext = OwnershipContext & Pick<Recorder, 'warn'>;

/** Everything that a sweep of a whole project uses. */
export type SweepContext = ImageSweepContext & Pick<RunSettings, 'timeouts'>;

/**
 * Deletes what killed builds of the same application and model left behind: servers with their ports, unfinished
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
    deleteTimeout: Math.min(context.timeouts.deleteTimeout, LONGEST_S),
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

/** An image gets its name when it is proven; a base image is proven when it is active. */
function isUnfinished(image: Image): boolean {
  const { [OWNER_KEYS.kind]: kind, [OWNER_KEYS.buildId]: buildId = '' } = image.properties;
  if (kind === 'base') return image.status !== 'active';
  return kind === 'runner' && image.name.endsWith(`.building-${buildId}`);
}

/** Nova tells no time of creation in its list: a keypair of another host is left alone. */
async function findKeypairs(cloud: Cloud, context: OwnershipContext): Promise<readonly Leftover[]> {
  const keypairs = await listKeypairs(cloud);
  return keypairs
    .filter(({ publicKey }) => {
      const metadata = findKeypairMetadata(publicKey);
      return metadata !== undefined && isOurs(metadata, '', context);
    })
    .map(({ name }) => ({ what: `keypair ${name}`, remove: () => deleteKeypair(cloud, name) }));
}
