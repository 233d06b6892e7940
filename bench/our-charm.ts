import { execFile } from 'node:child_process';
import { readFile, symlink, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseDesiredState } from '../src/model/unit/desired-state.ts';
import { unitPaths } from '../src/model/unit/unit-paths.ts';
import { built, consumerDatabag, report } from '../tests/charm/support/facts.ts';
import { REQUIRED } from '../tests/charm/support/options.ts';
import type { ConfigChange } from '../tests/support/juju/model/config-values.ts';
import type { Machine } from '../tests/support/juju/machine/machine.ts';
import { addJoinedUnit, addRelation } from '../tests/support/juju/model/relations.ts';
import type { UnitAgent } from '../tests/support/juju/unit-agent.ts';
import { uuidOf } from '../tests/support/uuid-of.ts';

const ROOT = join(import.meta.dirname, '..');

/** A daemon that does nothing, so that it does not compete with the measured hooks. */
const IDLE_DAEMON = 'setInterval(() => undefined, 2 ** 30);\n';

/** Packs the charm of dist/. */
export async function packOurCharm(folder: string): Promise<string> {
  const target = join(folder, 'ours.charm');
  const args = [join(ROOT, 'tools/pack-charm.js'), '--without-node', '--target', target];
  await promisify(execFile)(process.execPath, args);
  return target;
}

/** Deploys a unit with this number of relations, each with one consumer unit whose images are published. */
export async function deployOurCharm(machine: Machine, agent: UnitAgent, relations: number): Promise<void> {
  await mkdir(join(agent.charmDir, 'bin'));
  await symlink(process.execPath, join(agent.charmDir, 'bin/node')); // hooks use the same Node as the first row
  await writeFile(join(agent.charmDir, 'dist/bin/scheduler.js'), IDLE_DAEMON);
  for (let number = 1; number <= relations; number++) {
    const relation = addRelation(agent.model, 'image', `consumer${number}`);
    addJoinedUnit(relation, `consumer${number}/0`, consumerDatabag({ project_name: `runners-${number}` }));
  }
  await agent.deploy({ config: configOf(agent) });
  await reportImages(machine, agent);
  for (let time = 0; time < 2; time++) await agent.execute('JUJU_DISPATCH_PATH=hooks/built ./dispatch');
}

function configOf(agent: UnitAgent): ConfigChange {
  const [password, script] = [
    agent.addSecret('openstack', { password: 'secret' }),
    agent.addSecret('script', { 'api-token': 'secret' }),
  ];
  for (const secret of [password, script]) agent.grantSecret(secret);
  return {
    ...(REQUIRED as ConfigChange),
    'openstack-password-secret': password,
    'script-secret-id': script,
    'script-url': 'https://example.com/script.sh',
    architecture: 'amd64',
    'base-image': 'noble',
  };
}

/** Writes the built.json of a daemon whose consumers all have their images. */
async function reportImages(machine: Machine, agent: UnitAgent): Promise<void> {
  const paths = unitPaths(machine.root, agent.model.unit);
  const { consumers, generation } = parseDesiredState(await readFile(paths.desired, 'utf8'));
  const clouds = consumers.map(({ cloudId }) => report(cloudId, { noble: uuidOf(`image-in-${cloudId}`) }));
  await writeFile(paths.built, JSON.stringify(built({ desiredGeneration: generation, clouds })));
}
