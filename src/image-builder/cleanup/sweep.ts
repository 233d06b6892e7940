import { messageOf } from '../../model/text/message-of.ts';
import { ProductError } from '../../model/errors.ts';
import { findFloatingIpMetadata } from '../floating-ip-description.ts';
import { findKeypairMetadata } from '../../model/cloud/keypair-comment.ts';
import { CLOUDS_AT_A_TIME } from '../../model/observation.ts';
import { OWNER_KEYS, isOwnedBy } from '../../model/owner.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { deleteFloatingIp, listFloatingIps } from '../../openstack/floating-ips.ts';
import { type Image, deleteImage, findImage, listImages } from '../../openstack/images.ts';
import { deleteKeypair, listKeypairs } from '../../openstack/keypairs.ts';
import { type Server, listServers } from '../../openstack/servers.ts';
import { mapWithin } from '../../system/map-within.ts';
import type { Clouds, Recorder, RunSettings } from '../context.ts';
import { isKept } from '../build/kept-server.ts';
import { ABANDONED_AFTER_MS, type Leftover, isAbandoned } from './leftovers.ts';
import { findVolumeLeftovers } from './volume-leftovers.ts';
import { removeServer } from '../build/remove-server.ts';
import { runSteps } from '../steps.ts';

/** The longest wait for the deletion of a dead build's server or volume. One that cannot be deleted must not delay builds. */
const MAX_DELETE_WAIT_S = 120;

/** The ids of builds whose servers are kept for a person, with their keypairs and floating IPs. */
type KeptBuilds = ReadonlySet<string | undefined>;

/** Everything that decides whether a dead build of the same application created a resource. */
type OwnershipContext = Pick<RunSettings, 'owner' | 'clock' | 'findProcessState'>;

/** Everything that a sweep of images uses. */
export type ImageSweepContext = OwnershipContext & Pick<Recorder, 'warn'>;

/** Deletes or only lists leftovers. Returns the report on them. */
type Treat = (leftovers: readonly Leftover[], context: Pick<Recorder, 'warn'>) => Promise<readonly string[]>;

/** Everything that a sweep of a whole project uses. */
export type SweepContext = ImageSweepContext & Pick<RunSettings, 'timeouts'>;

/**
 * Deletes the leftovers of killed builds of the same application and model: servers with their ports, floating IPs,
 * unfinished images, volumes, keypairs. Owner metadata decides, never a name; resources of a running build stay. A
 * resource that cannot be deleted causes a warning and does not stop the others. A server that `--keep-on-failure` left
 * is deleted, with all that belongs to it, when its time has passed. Returns what was deleted.
 */
export function sweepLeftovers(cloud: Cloud, context: SweepContext): Promise<readonly string[]> {
  return treatLeftovers(cloud, context, removeAll);
}

/** Finds what a sweep of `cloudName` would delete, as a command of its own. Deletes nothing. */
export async function previewSweep(
  cloudName: string,
  context: Omit<SweepCommandContext, 'record'>,
): Promise<readonly string[]> {
  return runSteps(context, (step) =>
    step('find leftovers', async () => {
      const cloud = (await context.connect(cloudName)).withSignal(context.signal);
      return treatLeftovers(cloud, context, (found) => Promise.resolve(found.map(({ what }) => what)));
    }),
  );
}

async function treatLeftovers(cloud: Cloud, context: SweepContext, treat: Treat): Promise<readonly string[]> {
  const servers = await listServers(cloud);
  const kept = servers.filter(({ metadata }) => isKept(metadata, context));
  const keptBuilds = new Set(kept.map(({ metadata }) => metadata[OWNER_KEYS.buildId]));
  return [
    ...(await treat(findServers(cloud, servers, keptBuilds, context), context)),
    ...(await treat(await findFloatingIps(cloud, keptBuilds, context), context)),
    ...(await treat(await findImages(cloud, context), context)),
    ...(await treat(await findVolumes(cloud, keptBuilds, context), context)),
    ...(await treat(await findKeypairs(cloud, keptBuilds, context), context)),
  ];
}

/** Everything that a sweep uses that is a command of its own. */
type SweepCommandContext = Clouds & SweepContext & Recorder & Pick<RunSettings, 'signal'>;

/**
 * Sweeps the build cloud, and unfinished images in the clouds that get copies, as a command of its own. A cloud of the
 * second kind that fails causes a warning: the next copy sweeps it. Returns what was deleted.
 */
export async function sweepClouds(
  { buildCloud, cloudIds }: { readonly buildCloud: string; readonly cloudIds: readonly string[] },
  context: SweepCommandContext,
): Promise<readonly string[]> {
  const connect = async (name: string): Promise<Cloud> =>
    (await context.connect(name)).withSignal(context.signal);
  return runSteps(context, (step) =>
    step('sweep leftovers', async () => {
      const sweep = async (name: string): Promise<readonly string[]> =>
        name === buildCloud
          ? sweepLeftovers(await connect(name), context)
          : sweepCopies(name, connect, context);
      const swept = (await mapWithin(CLOUDS_AT_A_TIME, [buildCloud, ...cloudIds], sweep)).flat();
      context.record({ swept });
      return swept;
    }),
  );
}

async function sweepCopies(
  name: string,
  connect: (name: string) => Promise<Cloud>,
  context: ImageSweepContext,
): Promise<readonly string[]> {
  try {
    return await sweepImages(await connect(name), context);
  } catch (error) {
    if (!(error instanceof ProductError) || error.kind === 'cancelled') throw error;
    context.warn(`cloud ${name} was not swept: ${messageOf(error)}`);
    return [];
  }
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
      if ((await leftover.isFinished?.()) === true) continue;
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

function isDisposable(
  metadata: Readonly<Record<string, string>>,
  createdAt: string,
  keptBuilds: KeptBuilds,
  context: OwnershipContext,
): boolean {
  return !keptBuilds.has(metadata[OWNER_KEYS.buildId]) && isOurs(metadata, createdAt, context);
}

function findServers(
  cloud: Cloud,
  servers: readonly Server[],
  keptBuilds: KeptBuilds,
  context: OwnershipContext & Pick<RunSettings, 'timeouts'>,
): readonly Leftover[] {
  const timeouts = limitDeletion(context);
  return servers
    .filter((server) => isDisposable(server.metadata, server.createdAt, keptBuilds, context))
    .map(({ id, name }) => ({
      what: `server ${name} (${id})`,
      remove: () => removeServer(cloud, id, { timeouts }),
    }));
}

function limitDeletion({ timeouts }: Pick<RunSettings, 'timeouts'>): RunSettings['timeouts'] {
  return { ...timeouts, deleteTimeout: Math.min(timeouts.deleteTimeout, MAX_DELETE_WAIT_S) };
}

function findVolumes(
  cloud: Cloud,
  keptBuilds: KeptBuilds,
  context: SweepContext,
): Promise<readonly Leftover[]> {
  const isSwept = (metadata: Readonly<Record<string, string>>, createdAt: string): boolean =>
    isDisposable(metadata, createdAt, keptBuilds, context);
  return findVolumeLeftovers(cloud, isSwept, { ...context, timeouts: limitDeletion(context) });
}

async function findImages(cloud: Cloud, context: OwnershipContext): Promise<readonly Leftover[]> {
  const application = { [OWNER_KEYS.application]: context.owner.application };
  const isLeft = (image: Image): boolean => isUnfinished(image) || isOldLayer(image, context);
  const images = await listImages(cloud, undefined, application);
  return images
    .filter((image) => isLeft(image) && isOurs(image.properties, image.createdAt, context))
    .map(({ id, name }) => ({
      what: `image ${name} (${id})`,
      isFinished: async () => {
        const image = await findImage(cloud, id);
        return image !== undefined && !isLeft(image);
      },
      remove: () => deleteImage(cloud, id),
    }));
}

/** Reports whether a runner image lacks its final name, which it gets after its proof, or a base image is not active. */
function isUnfinished(image: Image): boolean {
  const { [OWNER_KEYS.kind]: kind, [OWNER_KEYS.buildId]: buildId = '' } = image.properties;
  if (kind === 'base') return image.status !== 'active';
  return (kind === 'runner' || kind === 'layer') && image.name.endsWith(`.building-${buildId}`);
}

/** Reports whether an image is a layer that no build may use any more, and that no daemon has pruned. */
function isOldLayer({ createdAt, properties }: Image, { clock }: Pick<OwnershipContext, 'clock'>): boolean {
  const age = clock.now() - Date.parse(createdAt);
  return properties[OWNER_KEYS.kind] === 'layer' && age > ABANDONED_AFTER_MS;
}

async function findFloatingIps(
  cloud: Cloud,
  keptBuilds: KeptBuilds,
  context: OwnershipContext,
): Promise<readonly Leftover[]> {
  const floatingIps = await listFloatingIps(cloud);
  return floatingIps
    .filter(({ description, createdAt }) => {
      const metadata = findFloatingIpMetadata(description, context.owner);
      return metadata !== undefined && isDisposable(metadata, createdAt, keptBuilds, context);
    })
    .map(({ id, address }) => ({
      what: `floating IP ${address} (${id})`,
      remove: () => deleteFloatingIp(cloud, id),
    }));
}

/** Finds the keypairs of dead builds on this host. Other hosts' keypairs are kept: Nova's list has no creation time. */
async function findKeypairs(
  cloud: Cloud,
  keptBuilds: KeptBuilds,
  context: OwnershipContext,
): Promise<readonly Leftover[]> {
  const keypairs = await listKeypairs(cloud);
  return keypairs
    .filter(({ publicKey }) => {
      const metadata = findKeypairMetadata(publicKey);
      return metadata !== undefined && isDisposable(metadata, '', keptBuilds, context);
    })
    .map(({ name }) => ({ what: `keypair ${name}`, remove: () => deleteKeypair(cloud, name) }));
}
