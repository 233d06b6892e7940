import { OWNER_KEYS } from '../model/owner.ts';
import type { RunSettings } from '../image-builder/context.ts';
import type { Cloud } from '../openstack/cloud.ts';
import type { Server } from '../openstack/servers.ts';
import type { GithubClient, RegisteredRunner } from './github/github-client.ts';
import type { GithubPath } from './github/github-path.ts';
import { isRunnerNameOf } from './instance-config.ts';
import { isRegisteredAt, listRunnerServers } from './runner-server.ts';

/** A runner: its server, its registration at GitHub, or both. */
export interface RunnerInstance {
  readonly name: string;
  /** Null when the registration has no server. */
  readonly serverId: string | null;
  /** A status of Nova; null without a server. */
  readonly serverStatus: string | null;
  readonly imageName: string | null;
  /** The time, in ISO 8601, after which a sweep deletes the server. */
  readonly keptUntil: string | null;
  /** Null when the runner is not registered at this path. */
  readonly runnerStatus: string | null;
  readonly isBusy: boolean;
}

/** Lists the runners of the owner in a cloud, and those at the path that were launched under the owner's name. */
export async function listInstances(
  cloud: Cloud,
  path: GithubPath,
  github: GithubClient,
  { owner }: Pick<RunSettings, 'owner'>,
): Promise<readonly RunnerInstance[]> {
  const [servers, runners] = await Promise.all([listRunnerServers(cloud, owner), github.listRunners(path)]);
  const here = servers.map((server) => {
    const runner = isRegisteredAt(server, path, github)
      ? runners.find(({ name }) => name === server.name)
      : undefined;
    return describe(server.name, server, runner);
  });
  const alone = runners.filter(
    ({ name }) => isRunnerNameOf(owner.application, name) && servers.every((server) => server.name !== name),
  );
  return [...here, ...alone.map((runner) => describe(runner.name, undefined, runner))];
}

function describe(
  name: string,
  server: Server | undefined,
  runner: RegisteredRunner | undefined,
): RunnerInstance {
  return {
    name,
    serverId: server?.id ?? null,
    serverStatus: server?.status ?? null,
    imageName: server?.metadata[OWNER_KEYS.imageName] ?? null,
    keptUntil: server?.metadata[OWNER_KEYS.keptUntil] ?? null,
    runnerStatus: runner?.status ?? null,
    isBusy: runner?.busy ?? false,
  };
}
