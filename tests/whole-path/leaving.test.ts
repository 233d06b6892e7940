import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type CharmFixture, openCharmFixture } from '../support/charm-fixture.ts';

const LONGEST_MS = 300_000;
const WAIT_S = 200;
/** The hook waits 3 s for jobs, and for a cloud it would wait minutes. The rest is for a busy machine. */
const HOOK_MS = 15_000;

let stage: CharmFixture;

/** Deploys a unit that builds two images, and waits until both have a server, whose console then stays empty. */
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'charm-'));
  stage = await openCharmFixture({ folder, speed: 40, config: { 'max-parallel-builds': 2 } });
  const { faults } = stage.emulator.cloud('a');
  faults.add({
    ...{ at: 'POST /compute/v2.1/servers/:id/action', onlyBody: 'os-getConsoleOutput' },
    fault: { wrongBody: { output: '' } },
  });
  await stage.deploy();
  await stage.integrate('good', 'consumer');
  await stage.until('two servers', WAIT_S, () => inventory().servers.length === 2 || undefined);
  await stage.until('two waiting builds', WAIT_S, async () => {
    const running = (await stage.readBuilt())?.running.filter(({ kind }) => kind === 'build');
    return running?.length === 2 || undefined;
  });
}, LONGEST_MS);

afterEach(() => stage.close(), LONGEST_MS);

const inventory = () => stage.emulator.inventory().a;

/** Removes the unit and returns the milliseconds of its remove hook. Its charm is deleted right after the hook. */
async function remove(): Promise<number> {
  await stage.agent.remove();
  expect(existsSync(stage.agent.charmDir)).toBe(false);
  const times = stage.agent.model.toolCalls.filter(({ during }) => during === 'remove').map(({ at }) => at);
  return Math.max(...times) - Math.min(...times);
}

const listLeaks = (): readonly string[] => [
  ...inventory().servers.map(({ id }) => id),
  ...inventory().keypairs,
  ...inventory().ports.map(({ id }) => id),
  ...inventory().images.flatMap(({ id, name }) => (name.includes('.building-') ? [id] : [])),
];

/** Waits until no process of the unit runs and its folder is gone. */
async function untilGone(): Promise<void> {
  await stage.until('the end of all processes', WAIT_S, () => {
    return stage.machine.listProcesses().length === 0 || undefined;
  });
  expect(existsSync(stage.paths.state)).toBe(false);
}

test(
  'Two builds that outlive the removal of their unit and of its charm undo themselves and leave no file',
  async () => {
    stage.emulator.cloud('a').faults.add({ at: 'DELETE /compute/*', fault: { slow: 5000 } });
    expect(await remove()).toBeLessThan(HOOK_MS);
    expect(existsSync(stage.paths.programs)).toBe(true);
    expect(existsSync(stage.paths.cloudsYaml)).toBe(false);
    expect(listLeaks()).not.toEqual([]);
    await untilGone();
    expect(listLeaks()).toEqual([]);
  },
  LONGEST_MS,
);

test(
  'The remove hook does not wait for a build cloud that hangs, and logs how to delete by id what the builds made',
  async () => {
    stage.emulator.cloud('a').faults.add({ at: 'any', fault: 'hang' });
    expect(await remove()).toBeLessThan(HOOK_MS);
    const log = stage.agent.model.log.map(({ message }) => message).join('\n');
    const { servers, keypairs } = inventory();
    expect(servers).toHaveLength(2);
    for (const { id } of servers) {
      expect(log).toContain(`openstack server delete --wait '${id}'`);
      expect(log).toContain(
        `openstack port list --device-id '${id}' -f value -c ID | xargs -r openstack port delete`,
      );
    }
    expect(keypairs).toHaveLength(2);
    for (const name of keypairs) expect(log).toContain(`openstack keypair delete '${name}'`);
    const named = [...log.matchAll(/openstack [a-z ]+ delete (?:--wait )?'([^']+)'/g)].map(([, id]) => id);
    const groups = inventory().securityGroups.map(({ id }) => id);
    expect([...servers.map(({ id }) => id), ...keypairs, ...groups]).toEqual(expect.arrayContaining(named));
  },
  LONGEST_MS,
);
