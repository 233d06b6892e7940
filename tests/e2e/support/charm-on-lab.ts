import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Built, parseBuilt } from '../../../src/model/built.ts';
import { type UnitPaths, unitPaths } from '../../../src/model/unit-paths.ts';
import { type Machine, openMachine } from '../../support/juju/machine.ts';
import type { UnitAgent } from '../../support/juju/unit-agent.ts';
import type { BuilderUser } from './builder-user.ts';
import type { Mirror } from '../../support/mirror.ts';

/** All its names in the clouds begin so, and are wiped before each run. */
export const APPLICATION = 'e2e-charm';

const CHARM = resolve(import.meta.dirname, '../../../dist/github-runner-image-builder.charm');

/** The packed charm on a machine of its own, on the lab. */
export interface Deployment {
  readonly machine: Machine;
  readonly agent: UnitAgent;
  readonly paths: UnitPaths;
  /** The secret that holds the builder's password. */
  readonly passwordSecret: string;
  readonly scriptSecret: string;
  /** What the daemon told last; `undefined` before it told anything. */
  readBuilt(): Promise<Built | undefined>;
  /** Waits until `probe` gives something; what the unit and the daemon last said is told when time runs out. */
  until<T>(what: string, seconds: number, probe: () => Promise<T | undefined>): Promise<T>;
}

/** Deploys the charm with everything that tells it of the lab. */
export async function deployCharm(user: BuilderUser, mirror: Mirror, script: string): Promise<Deployment> {
  const machine = await openMachine();
  const agent = await machine.addUnit({ charm: CHARM, application: APPLICATION });
  const passwordSecret = agent.addSecret('openstack', { password: user.password() });
  const scriptSecret = agent.addSecret('script', { 'api-token': script });
  for (const secret of [passwordSecret, scriptSecret]) agent.grantSecret(secret);
  await agent.deploy({ config: { ...labConfig(user, mirror), 'openstack-password-secret': passwordSecret } });
  const paths = unitPaths(machine.root, agent.model.unit);
  const readBuilt = async (): Promise<Built | undefined> => {
    const text = await readFile(paths.built, 'utf8').catch(() => undefined);
    return text === undefined ? undefined : parseBuilt(text);
  };
  const until = async <T>(what: string, seconds: number, probe: () => Promise<T | undefined>): Promise<T> => {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const found = await probe();
      if (found !== undefined) return found;
      if (Date.now() > deadline)
        throw new Error(`waited ${seconds} s for ${what}\n${await tellAll(agent, paths)}`);
      await sleep(500);
    }
  };
  return { machine, agent, paths, passwordSecret, scriptSecret, readBuilt, until };
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
    'cloud-images-url': mirror.url,
    'runner-releases-url': `${mirror.url}/releases`,
    'revision-history-limit': 2,
  };
}

/** For the reader of a failed test. */
async function tellAll(agent: UnitAgent, paths: UnitPaths): Promise<string> {
  const statuses = agent.model.statusHistory
    .slice(-8)
    .map(({ of, status, message }) => `${of} ${status}: ${message}`);
  const built = await readFile(paths.built, 'utf8').catch(String);
  const log = await readFile(join(paths.log, 'scheduler.log'), 'utf8').catch(String);
  return [...statuses, built, log.split('\n').slice(-25).join('\n')].join('\n');
}
