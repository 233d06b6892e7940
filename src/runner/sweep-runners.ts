import { isKept } from '../image-builder/build/kept-server.ts';
import { isAbandoned } from '../image-builder/cleanup/leftovers.ts';
import { type SweepContext, sweepLeftovers } from '../image-builder/cleanup/sweep.ts';
import type { Recorder, RunSettings } from '../image-builder/context.ts';
import { ProductError } from '../model/errors.ts';
import { messageOf } from '../model/text/message-of.ts';
import type { Cloud } from '../openstack/cloud.ts';
import type { GithubClient } from './github/github-client.ts';
import { type GithubPath, renderGithubPath } from './github/github-path.ts';
import { isRegisteredAt, listRunnerServers } from './runner-server.ts';

type RegistrationContext = Pick<RunSettings, 'owner' | 'clock' | 'findProcessState'> & Pick<Recorder, 'warn'>;

/**
 * Sweeps a cloud together with the registrations at a path of GitHub: first the registrations, because the servers lead to
 * them. Returns and records what was deleted.
 */
export async function sweepRunners(
  cloud: Cloud,
  path: GithubPath,
  github: GithubClient,
  context: SweepContext & Pick<Recorder, 'record'>,
): Promise<readonly string[]> {
  const registrations = await sweepRegistrations(cloud, path, github, context);
  const swept = [...registrations, ...(await sweepLeftovers(cloud, context))];
  context.record({ swept });
  return swept;
}

/**
 * Removes the registrations of runners whose servers the next sweep deletes: those whose time has passed and whose launch
 * has ended. The name of the server is that of its runner. A registration that cannot be removed causes a warning. Returns
 * what was removed.
 */
async function sweepRegistrations(
  cloud: Cloud,
  path: GithubPath,
  github: GithubClient,
  context: RegistrationContext,
): Promise<readonly string[]> {
  const servers = await listRunnerServers(cloud, context.owner);
  const ended = servers.filter(
    (server) =>
      isRegisteredAt(server, path, github) &&
      !isKept(server.metadata, context) &&
      isAbandoned(server.metadata, server.createdAt, context),
  );
  const removed: string[] = [];
  for (const { name } of ended) {
    try {
      if (await github.removeRunner(path, name)) removed.push(`runner ${name} of ${renderGithubPath(path)}`);
    } catch (error) {
      if (!(error instanceof ProductError) || error.kind === 'cancelled') throw error;
      context.warn(`left behind: runner ${name} of ${renderGithubPath(path)}: ${messageOf(error)}`);
    }
  }
  return removed;
}
