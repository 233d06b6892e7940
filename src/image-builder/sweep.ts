import { messageOf } from '../model/message-of.ts';
import { ProductError } from '../model/errors.ts';
import { findKeypairMetadata } from '../model/keypair-comment.ts';
import { OWNER_KEYS, isOwnedBy } from '../model/owner.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { type Image, deleteImage, listImages } from '../openstack/images.ts';
import { deleteKeypair, listKeypairs } from '../openstack/keypairs.ts';
import { listServers } from '../openstack/servers.ts';
import { isAbandoned } from './leftovers.ts';
import { removeServer } from './remove-server.ts';
import { runSteps } from './steps.ts';
import type { Tools } from './tools.ts';

/** How long a dead build's server may take to be gone. */
const LONGEST_S = 120;

/** One thing that a dead build left in the cloud. */
interface Leftover {
  /** 'server x (id)', for whoever reads. */
  readonly what: string;
  readonly remove: () => Promise<void>;
}

/**
 * Deletes what builds of the same application and model left behind when they were killed: servers with their ports,
 * unfinished images, keypairs. Owner metadata decides, never a name; what a living build works on stays. A thing that
 * cannot be deleted is told and stops no other. Gives what was deleted.
 */
export function sweepLeftovers(cloud: Cloud, tools: Tools): Promise<readonly string[]> {
  return sweep([findServers, findImages, findKeypairs], cloud, tools);
}

/** Sweeps a cloud as an act of its own, and gives what was deleted. */
export async function sweepCloud(cloudName: string, tools: Tools): Promise<readonly string[]> {
  const cloud = (await tools.connect(cloudName)).under(tools.signal);
  return runSteps(tools, (step) =>
    step('sweep leftovers', async () => {
      const swept = await sweepLeftovers(cloud, tools);
      tools.record({ swept });
      return swept;
    }),
  );
}

/** The sweep of images alone: for clouds that are only delivered to. */
export function sweepImages(cloud: Cloud, tools: Tools): Promise<readonly string[]> {
  return sweep([findImages], cloud, tools);
}

async function sweep(
  kinds: readonly ((cloud: Cloud, tools: Tools) => Promise<readonly Leftover[]>)[],
  cloud: Cloud,
  tools: Tools,
): Promise<readonly string[]> {
  const swept: string[] = [];
  for (const find of kinds) {
    for (const leftover of await find(cloud, tools)) {
      try {
        await leftover.remove();
        swept.push(leftover.what);
      } catch (error) {
        if (error instanceof ProductError && error.kind === 'cancelled') throw error;
        tools.warn(`left behind: ${leftover.what}: ${messageOf(error)}`);
      }
    }
  }
  return swept;
}

/** A server that Nova cannot delete is not to hold up every build for as long as one's own. */
function patience({ timeouts }: Tools): number {
  return Math.min(timeouts.deleteTimeout, LONGEST_S);
}

function isOurs(metadata: Readonly<Record<string, string>>, createdAt: string, tools: Tools): boolean {
  return isOwnedBy(metadata, tools.owner) && isAbandoned(metadata, createdAt, tools);
}

async function findServers(cloud: Cloud, tools: Tools): Promise<readonly Leftover[]> {
  const servers = await listServers(cloud);
  return servers
    .filter((server) => isOurs(server.metadata, server.createdAt, tools))
    .map(({ id, name }) => ({
      what: `server ${name} (${id})`,
      remove: () =>
        removeServer(cloud, id, { timeouts: { ...tools.timeouts, deleteTimeout: patience(tools) } }),
    }));
}

async function findImages(cloud: Cloud, tools: Tools): Promise<readonly Leftover[]> {
  const images = await listImages(cloud);
  return images
    .filter((image) => isUnfinished(image) && isOurs(image.properties, image.createdAt, tools))
    .map(({ id, name }) => ({ what: `image ${name} (${id})`, remove: () => deleteImage(cloud, id) }));
}

/** An image gets its name when it is proven; a base image is proven when it is active. */
function isUnfinished(image: Image): boolean {
  const { [OWNER_KEYS.kind]: kind, [OWNER_KEYS.buildId]: buildId = '' } = image.properties;
  if (kind === 'base') return image.status !== 'active';
  return kind === 'runner' && image.name.endsWith(`.building-${buildId}`);
}

/** Nova tells no time of creation in its list: a keypair of another host is left alone. */
async function findKeypairs(cloud: Cloud, tools: Tools): Promise<readonly Leftover[]> {
  const keypairs = await listKeypairs(cloud);
  return keypairs
    .filter(({ publicKey }) => {
      const metadata = findKeypairMetadata(publicKey);
      return metadata !== undefined && isOurs(metadata, '', tools);
    })
    .map(({ name }) => ({ what: `keypair ${name}`, remove: () => deleteKeypair(cloud, name) }));
}
