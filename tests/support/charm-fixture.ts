import { mkdir, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { type UnitPaths, unitPaths } from '../../src/model/unit/unit-paths.ts';
import { Closers } from './closers.ts';
import { type Machine, type UnitOptions, openMachine } from './juju/machine/machine.ts';
import type { ConfigChange } from './juju/model/config-values.ts';
import type { Relation, UnitAgent } from './juju/unit-agent.ts';
import { type Mirror, startMirror } from './mirror.ts';
import { type CharmWatch, watchCharm } from './watch-charm.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from './openstack/emulator.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** The application's name, which is the prefix of its images and servers. */
export const APPLICATION = 'images';

export interface CharmFixtureOptions extends EmulatorOptions {
  /** The folder for all files, except those that must be in memory. */
  readonly folder: string;
  /** The size of each base image in MiB. Default: 1. */
  readonly baseImageMiB?: number;
  /** Packs the charm that is deployed first, into a folder. Default: the charm under test. */
  readonly packFirst?: (folder: string) => Promise<string>;
  /** Additional options of the charm. */
  readonly config?: ConfigChange;
  /** The machine's base and the version of Juju. */
  readonly unit?: Pick<UnitOptions, 'base' | 'jujuVersion'>;
}

/** The packed charm under the double of Juju's unit agent, in front of two emulated clouds. */
export interface CharmFixture extends CharmWatch {
  readonly emulator: Emulator;
  readonly mirror: Mirror;
  readonly machine: Machine;
  readonly agent: UnitAgent;
  readonly paths: UnitPaths;
  readonly charm: string;
  /** The value `api-token` in the operator's secret of the script. */
  readonly scriptToken: string;
  /** All secret texts, to search for. */
  readonly secrets: readonly string[];
  /** Runs `juju deploy` with the configuration of the build cloud. */
  deploy(): Promise<void>;
  /** Runs `juju integrate` with a consumer that has the credentials of this entry in clouds.yaml. */
  integrate(application: string, cloud: string): Promise<Relation>;
  close(): Promise<void>;
}

/** Packs dist/charm without a Node binary. */
async function packCharm(folder: string): Promise<string> {
  const charm = join(folder, 'github-runner-image-builder.charm');
  const args = ['tools/pack-charm.js', '--without-node', '--target', charm];
  await execa(process.execPath, args, { cwd: ROOT, timeout: 60_000 });
  return charm;
}

/** Starts the clouds and the machine with the charm, not yet deployed. A failure cleans up everything. */
export async function openCharmFixture(options: CharmFixtureOptions): Promise<CharmFixture> {
  const closers = new Closers();
  try {
    return await startFixture(options, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function startFixture(options: CharmFixtureOptions, closers: Closers): Promise<CharmFixture> {
  const { folder } = options;
  closers.add(() => rm(folder, { recursive: true, force: true }));
  await mkdir(folder, { recursive: true });
  const charm = await packCharm(folder);
  const mirror = await startMirror(await makeMirrorContent(options));
  closers.add(() => mirror.close());
  const emulator = await startEmulator(options);
  closers.add(() => emulator.close());
  const serviceEnvironment = { IMAGE_BUILDER_SSH_PORT: `${emulator.guestPort}` };
  const machine = await openMachine({ workDir: folder, serviceEnvironment, maxRestartMs: 500 });
  closers.add(() => machine.close());
  const first = (await options.packFirst?.(folder)) ?? charm;
  const agent = await machine.addUnit({ ...options.unit, charm: first, application: APPLICATION });
  const script = `planted-${randomBytes(12).toString('hex')}`;
  const secrets = addSecrets(agent, emulator, script);
  const config = { ...builderConfig(emulator, mirror), ...secrets.config, ...options.config };
  const paths = unitPaths(machine.root, agent.model.unit);
  return {
    ...{ emulator, mirror, machine, agent, paths, charm },
    ...watchCharm(agent, paths, 50),
    scriptToken: script,
    secrets: [script, ...secrets.passwords],
    deploy: () => agent.deploy({ config }),
    integrate: async (application, cloud) => {
      const relation = agent.relate('image', application);
      relation.addUnit(`${application}/0`, emulator.credentials(cloud));
      await agent.waitForIdle();
      return relation;
    },
    close: () => closers.close(),
  };
}

/** Adds the operator's secrets to the model, and returns the passwords of all clouds. */
function addSecrets(agent: UnitAgent, emulator: Emulator, script: string) {
  const entries = ['builder', 'neighbour', 'consumer', 'neighbour-b'];
  const passwords = entries.map((entry) => emulator.credentials(entry)['password'] ?? '');
  const openstack = agent.addSecret('openstack', { password: passwords[0] ?? '' });
  const scriptSecret = agent.addSecret('script', { 'api-token': script });
  for (const secret of [openstack, scriptSecret]) agent.grantSecret(secret);
  const config: ConfigChange = { 'openstack-password-secret': openstack, 'script-secret-id': scriptSecret };
  return { config, passwords };
}

async function makeMirrorContent({ folder, baseImageMiB = 1 }: CharmFixtureOptions) {
  const bases = new Map<string, string>();
  for (const base of ['noble', 'jammy', 'focal']) {
    const path = join(folder, `${base}.img`);
    // Only the magic makes this a qcow2; the other bytes make the bases differ.
    const content = Buffer.alloc(baseImageMiB * 1024 * 1024, `${base} `);
    content.write('QFI\u00fb\0\0\0\u0003', 'latin1');
    await writeFile(path, content);
    bases.set(base, path);
  }
  const files = new Map([['/script.sh', '#!/bin/sh\necho "hello from your script"\n']]);
  return { bases, files, workDir: folder };
}

function builderConfig(emulator: Emulator, mirror: Mirror): ConfigChange {
  return {
    'openstack-auth-url': emulator.cloud('a').authUrl,
    'openstack-project-domain-name': 'Default',
    'openstack-project-name': 'builder',
    'openstack-user-domain-name': 'Default',
    'openstack-user-name': 'builder',
    architecture: 'amd64',
    'base-image': 'noble,jammy',
    'build-flavor': 'lab.runner',
    'build-network': 'lab',
    'cloud-images-url': mirror.url,
    'runner-releases-url': `${mirror.url}/releases`,
    'revision-history-limit': 2,
    'script-url': `${mirror.url}/script.sh`,
  };
}
