import { resolve } from 'node:path';
import { type UnitPaths, unitPaths } from '../../../src/model/unit/unit-paths.ts';
import { type Machine, openMachine } from '../../support/juju/machine/machine.ts';
import type { UnitAgent } from '../../support/juju/unit-agent.ts';
import { type CharmWatch, watchCharm } from '../../support/watch-charm.ts';
import type { BuilderUser } from './builder-user.ts';
import type { Mirror } from '../../support/mirror.ts';

/** The prefix of all its names in the clouds. Everything with this prefix is deleted before each run. */
export const APPLICATION = 'e2e-charm';

const CHARM = resolve(import.meta.dirname, '../../../dist/github-runner-image-builder.charm');

/** The packed charm on its own machine in front of the lab. */
export interface Deployment extends CharmWatch {
  readonly machine: Machine;
  readonly agent: UnitAgent;
  readonly paths: UnitPaths;
  /** The secret that holds the builder's password. */
  readonly passwordSecret: string;
  readonly scriptSecret: string;
}

/** The differences of a deployment from the common one. */
interface DeploymentChange {
  readonly application?: string;
  /** Returns further options. `scriptSecret` is the id of the secret with the key `api-token`. */
  readonly config?: (scriptSecret: string) => Readonly<Record<string, string | number>>;
  /** The token that the option github-secret leads to. */
  readonly githubToken?: string;
}

/** Deploys the charm with the options and secrets for the lab. */
export async function deployCharm(
  user: BuilderUser,
  mirror: Mirror,
  script: string,
  { application = APPLICATION, config = () => ({}), githubToken }: DeploymentChange = {},
): Promise<Deployment> {
  const machine = await openMachine();
  const agent = await machine.addUnit({ charm: CHARM, application });
  const passwordSecret = agent.addSecret('openstack', { password: user.password() });
  const scriptSecret = agent.addSecret('script', { 'api-token': script });
  for (const secret of [passwordSecret, scriptSecret]) agent.grantSecret(secret);
  const github =
    githubToken === undefined ? {} : { 'github-secret': agent.addSecret('github', { token: githubToken }) };
  for (const secret of Object.values(github)) agent.grantSecret(secret);
  await agent.deploy({
    config: {
      ...labConfig(user, mirror),
      'openstack-password-secret': passwordSecret,
      ...github,
      ...config(scriptSecret),
    },
  });
  const paths = unitPaths(machine.root, agent.model.unit);
  return { machine, agent, paths, passwordSecret, scriptSecret, ...watchCharm(agent, paths, 500) };
}

function labConfig(user: BuilderUser, mirror: Mirror): Readonly<Record<string, string | number>> {
  return {
    'openstack-auth-url': 'http://127.0.0.1:5000/v3',
    'openstack-project-domain-name': 'Default',
    'openstack-project-name': 'builder',
    'openstack-user-domain-name': 'Default',
    'openstack-user-name': user.name,
    'openstack-region': 'lab-a',
    architecture: 'amd64',
    'base-image': 'noble,jammy',
    'build-flavor': 'lab.runner',
    'build-network': 'lab',
    'guest-parts': '-apt,-docker,-yarn,-yq,-aproxy,-opentelemetry-collector',
    'cloud-images-url': mirror.url,
    'runner-releases-url': `${mirror.url}/releases`,
    'revision-history-limit': 2,
  };
}
