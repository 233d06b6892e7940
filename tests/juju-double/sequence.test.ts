import { access, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { UnitAgent } from '../support/juju/unit-agent.ts';
import { takeRuns, useMachine } from './shell-charm.ts';

const shell = useMachine();

const INSTALLED = ['install', 'leader-elected', 'config-changed', 'start'];

/** Lists the messages logged by the charm itself. */
function listCharmMessages(agent: UnitAgent): readonly string[] {
  const isAgent = (logger: string): boolean => logger.startsWith('juju.worker.');
  return agent.model.log.filter(({ logger }) => !isAgent(logger)).map(({ message }) => message);
}

describe('the life of a unit', () => {
  test('A deployment runs the hooks in order, including those of existing relations', async () => {
    const agent = await shell.add({ start: 'status-set active -- ready' });
    agent.relate('image', 'consumer').addUnit('consumer/0');
    await agent.deploy();
    const [install = '', ...others] = INSTALLED;
    const joined = ['image-relation-joined consumer/0', 'image-relation-changed consumer/0'];
    expect(await takeRuns(agent)).toEqual([install, 'image-relation-created', ...others, ...joined]);
    expect(agent.status).toEqual({ status: 'active', message: 'ready' });
    expect(agent.model.statusHistory.find(({ of }) => of === 'unit')).toMatchObject({
      status: 'maintenance',
      message: 'installing charm software',
    });
  });

  test('A unit that never sets a status is unknown after its start', async () => {
    const agent = await shell.add();
    await agent.deploy();
    expect(agent.status.status).toBe('unknown');
  });

  test('The hook leader-elected runs only on the leader', async () => {
    const agent = await shell.add({}, { leader: false });
    await agent.deploy();
    expect(await takeRuns(agent)).toEqual(['install', 'config-changed', 'start']);
    await agent.setLeader(true);
    expect(await takeRuns(agent)).toEqual(['leader-elected']);
  });

  test('Many config changes cause one config-changed, and a reverted change causes none', async () => {
    const agent = await shell.add({ 'config-changed': 'status-set active -- "$(config-get count)"' });
    await agent.deploy();
    await takeRuns(agent);
    const release = agent.hold();
    for (const count of [4, 5, 6]) await agent.setConfig({ count });
    expect(await takeRuns(agent)).toEqual([]);
    release();
    await agent.waitForIdle();
    expect(await takeRuns(agent)).toEqual(['config-changed']);
    expect(agent.status.message).toBe('6');
    const releaseAgain = agent.hold();
    await agent.setConfig({ count: 7 });
    await agent.setConfig({ count: 6 });
    releaseAgain();
    await agent.waitForIdle();
    expect(await takeRuns(agent)).toEqual([]);
  });

  test('The hook update-status runs on request, but not while the unit is in error', async () => {
    const agent = await shell.add(
      { 'config-changed': '[ "$(config-get count)" != 7 ]' },
      { retry: { firstMs: 1, maxMs: 1, attempts: 0 } },
    );
    await agent.deploy();
    await agent.updateStatus();
    expect((await takeRuns(agent)).at(-1)).toBe('update-status');
    await agent.setConfig({ count: 7 });
    await takeRuns(agent);
    await agent.updateStatus();
    expect(await takeRuns(agent)).toEqual([]);
    await agent.resolve({ retry: false });
    expect(await takeRuns(agent)).toEqual([]);
  });

  test('An upgrade deletes files of the old charm but keeps files that the charm wrote', async () => {
    const agent = await shell.add({ old: 'true', install: 'touch written' });
    await agent.deploy();
    await takeRuns(agent);
    await agent.upgrade(await shell.pack({ 'config-changed': 'status-set active -- new' }));
    expect(await takeRuns(agent)).toEqual(['upgrade-charm', 'config-changed']);
    expect(agent.status.message).toBe('new');
    await access(join(agent.charmDir, 'written'));
    await expect(access(join(agent.charmDir, 'scripts/old'))).rejects.toThrow('ENOENT');
  });

  test('A reboot empties /run and runs the start hook', async () => {
    const agent = await shell.add();
    await agent.deploy();
    await takeRuns(agent);
    const [volatile, durable] = ['run/x', 'var/lib/x'].map((path) => join(shell.machine.root, path));
    for (const path of [volatile, durable]) await writeFile(path ?? '', 'x');
    await shell.machine.reboot();
    expect(await takeRuns(agent)).toEqual(['start']);
    expect(await shell.machine.listFiles()).toEqual([durable]);
  });

  test('A removal removes the relations, then runs stop and remove', async () => {
    const agent = await shell.add({
      'image-relation-departed': 'juju-log -- "$JUJU_DEPARTING_UNIT"',
      stop: 'juju-log -- "$(cat ../ran)"',
      remove: 'juju-log -- "last: $(tail -n 2 ../ran | tr "\\n" " ")"',
    });
    agent.relate('image', 'consumer').addUnit('consumer/0');
    await agent.deploy();
    await agent.remove();
    const messages = listCharmMessages(agent);
    expect(messages.slice(0, 1)).toEqual(['image:1: app/0']);
    expect(messages[1]).toMatch(/image-relation-departed consumer\/0\nimage-relation-broken\nstop$/);
    expect(messages[2]).toBe('last: stop remove ');
    await expect(stat(agent.charmDir)).rejects.toThrow('ENOENT');
    expect(agent.isRemoved).toBe(true);
  });
});

describe('the life of a relation', () => {
  test('A relation runs joined, changed once for many writes, departed and broken, in this order', async () => {
    const agent = await shell.add({
      'image-relation-changed': 'status-set active -- "$(relation-get token)"',
      'image-relation-departed': 'juju-log -- "$(relation-list) $JUJU_DEPARTING_UNIT $(relation-get token)"',
      'image-relation-broken': 'juju-log -- "$(relation-ids image)-"',
    });
    await agent.deploy();
    await takeRuns(agent);
    const relation = agent.relate('image', 'consumer');
    relation.addUnit('consumer/0', { token: 'a' });
    await agent.waitForIdle();
    expect(await takeRuns(agent)).toEqual([
      'image-relation-created',
      'image-relation-joined consumer/0',
      'image-relation-changed consumer/0',
    ]);
    for (const token of ['b', 'c', 'd']) relation.setUnitData('consumer/0', { token });
    await agent.waitForIdle();
    expect(await takeRuns(agent)).toEqual(['image-relation-changed consumer/0']);
    expect(agent.status.message).toBe('d');
    relation.setUnitData('consumer/0', { token: 'd' });
    await agent.waitForIdle();
    expect(await takeRuns(agent)).toEqual([]);
    relation.removeUnit('consumer/0');
    relation.break();
    await agent.waitForIdle();
    expect(await takeRuns(agent)).toEqual(['image-relation-departed consumer/0', 'image-relation-broken']);
    expect(listCharmMessages(agent)).toEqual(['image:1:  consumer/0 d', 'image:1: -']);
    expect(agent.model.relations).toEqual([]);
  });

  test('A change of the application databag runs relation-changed without a unit', async () => {
    const agent = await shell.add({ 'image-relation-changed': 'status-set active -- "$(relation-get a)"' });
    await agent.deploy();
    const relation = agent.relate('image', 'consumer');
    await agent.waitForIdle();
    await takeRuns(agent);
    relation.setApplicationData({ a: 'from the application' });
    await agent.waitForIdle();
    expect(await takeRuns(agent)).toEqual(['image-relation-changed']);
    expect(agent.status.message).toBe('from the application');
  });

  test('Writes of the unit itself run no hook and are visible to the remote side', async () => {
    const agent = await shell.add({
      'image-relation-joined': 'printf "{\\"id\\":\\"<1>\\"}" | relation-set --file -',
    });
    await agent.deploy();
    const relation = agent.relate('image', 'consumer');
    relation.addUnit('consumer/0');
    await agent.waitForIdle();
    expect((await takeRuns(agent)).slice(-2)).toEqual([
      'image-relation-joined consumer/0',
      'image-relation-changed consumer/0',
    ]);
    expect(relation.ourDatabag()).toEqual({
      id: '<1>',
      'egress-subnets': '10.0.0.4/32',
      'ingress-address': '10.0.0.4',
      'private-address': '10.0.0.4',
    });
  });
});

test('The charm is unpacked with its file modes next to the file host-root', async () => {
  const agent = await shell.add();
  const { mode } = await stat(join(agent.charmDir, 'dispatch'));
  expect(mode & 0o777).toBe(0o755);
  expect((await stat(join(agent.charmDir, 'metadata.yaml'))).mode & 0o111).toBe(0);
  expect(await readFile(join(agent.charmDir, '../host-root'), 'utf8')).toBe(shell.machine.root);
});
