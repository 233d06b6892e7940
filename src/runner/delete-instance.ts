import { removeBuilderAddress } from '../image-builder/build/builder-address.ts';
import { removeKeypair } from '../image-builder/build/builder-keypair.ts';
import { removeServer } from '../image-builder/build/remove-server.ts';
import type { Recorder, RunSettings } from '../image-builder/context.ts';
import { runSteps } from '../image-builder/steps.ts';
import { InputError } from '../model/errors.ts';
import { OWNER_KEYS, isOwnedBy } from '../model/owner.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { listServers } from '../openstack/servers.ts';
import type { GithubClient } from './github/github-client.ts';
import { type GithubPath, renderGithubPath } from './github/github-path.ts';
import { isRunnerNameOf } from './instance-config.ts';
import { isRegisteredAt } from './runner-server.ts';

type DeleteContext = Pick<RunSettings, 'clock' | 'signal' | 'timeouts' | 'owner'> & Omit<Recorder, 'record'>;

/** The deleted parts of a runner. */
export interface DeletedInstance {
  readonly serverIds: readonly string[];
  readonly wasRegistered: boolean;
}

/**
 * Deletes a runner by its name: first its registration, which GitHub refuses while it runs a job, then its server with
 * everything that belongs to it. Throws InputError when the owner has no such runner.
 */
export async function deleteInstance(
  cloud: Cloud,
  { path, name }: { readonly path: GithubPath; readonly name: string },
  github: GithubClient,
  context: DeleteContext,
): Promise<DeletedInstance> {
  const { owner } = context;
  return runSteps(context, async (step) => {
    const servers = await step('find runner', async () => {
      const named = (await listServers(cloud)).filter((server) => server.name === name);
      const own = named.filter(({ metadata }) => isOwnedBy(metadata, owner));
      const other = own.find((server) => !isRegisteredAt(server, path, github));
      if (other !== undefined) throw notAt(name, path, other.metadata[OWNER_KEYS.githubPath]);
      const isOurs = own.length > 0 || isRunnerNameOf(owner.application, name);
      if (isOurs && named.length === own.length) return own;
      throw new InputError([
        `runner ${name}: expected a runner of ${owner.application}, found none; set --prefix or --owner as at its launch`,
      ]);
    });
    const wasRegistered = await step('remove registration', () => github.removeRunner(path, name));
    for (const { id, metadata } of servers) {
      const { [OWNER_KEYS.buildId]: buildId = '', [OWNER_KEYS.process]: process = '' } = metadata;
      const maker = { owner: { ...owner, buildId }, process };
      await step('delete server', (watch) => removeServer(cloud, id, { ...context, ...watch }));
      await step('release floating IP', () => removeBuilderAddress(cloud, undefined, maker));
      await step('delete keypair', () => removeKeypair(cloud, name, maker));
    }
    if (servers.length === 0 && !wasRegistered) {
      const where = `cloud ${cloud.name} or ${renderGithubPath(path)}`;
      throw new InputError([
        `runner ${name}: found no server and no registration in ${where}; see \`runner list\``,
      ]);
    }
    return { serverIds: servers.map(({ id }) => id), wasRegistered };
  });
}

function notAt(name: string, path: GithubPath, registeredAt: string | undefined): InputError {
  const expected = registeredAt ?? 'the path of its launch, but it is no runner';
  return new InputError([`--github-path: expected ${expected} for ${name}, got ${renderGithubPath(path)}`]);
}
