import { OWNER_KEYS, type Owner, encodeOwner, isOwnedBy } from '../model/owner.ts';
import type { Maker } from '../image-builder/context.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { type Server, listServers } from '../openstack/servers.ts';
import type { GithubClient } from './github/github-client.ts';
import { type GithubPath, renderGithubPath } from './github/github-path.ts';
import type { InstanceConfig } from './instance-config.ts';

/** The end of a runner instance: from then on, the next sweep deletes it. */
export interface Lifetime {
  /** Epoch milliseconds. */
  readonly keptUntil: number;
}

/**
 * Returns the metadata of a runner's server: the owner, the GitHub at which it is registered, and the time after which a
 * sweep deletes it. The server has it from its creation on, and the registration begins later, so that a launch that is
 * killed leaves no registration without a server that leads to it.
 */
export function encodeRunnerServer(
  { githubPath, openstackImage }: Pick<InstanceConfig, 'githubPath' | 'openstackImage'>,
  { apiUrl }: Pick<GithubClient, 'apiUrl'>,
  { owner, process }: Maker,
  { keptUntil }: Lifetime,
): Readonly<Record<string, string>> {
  return {
    ...encodeOwner(owner),
    [OWNER_KEYS.kind]: 'server',
    [OWNER_KEYS.imageName]: openstackImage.name,
    [OWNER_KEYS.process]: process,
    [OWNER_KEYS.githubPath]: renderGithubPath(githubPath),
    [OWNER_KEYS.githubApiUrl]: apiUrl,
    [OWNER_KEYS.keptUntil]: new Date(keptUntil).toISOString(),
  };
}

/** Lists the servers of an owner's runners. */
export async function listRunnerServers(cloud: Cloud, owner: Owner): Promise<readonly Server[]> {
  const servers = await listServers(cloud);
  return servers.filter(
    ({ metadata }) => metadata[OWNER_KEYS.githubPath] !== undefined && isOwnedBy(metadata, owner),
  );
}

/** Reports whether the runner of a server is registered at this path of this GitHub. */
export function isRegisteredAt(
  { metadata }: Pick<Server, 'metadata'>,
  path: GithubPath,
  { apiUrl }: Pick<GithubClient, 'apiUrl'>,
): boolean {
  return (
    metadata[OWNER_KEYS.githubPath]?.toLowerCase() === renderGithubPath(path).toLowerCase() &&
    metadata[OWNER_KEYS.githubApiUrl] === apiUrl
  );
}
