import { describe, expect, test } from '@jest/globals';
import { takeRuns, useMachine } from './shell-charm.ts';

const shell = useMachine();

const NO_RETRY = { retry: { firstMs: 1, maxMs: 1, attempts: 0 } };

const WRITE = 'relation-set -r 1 id=new; state-set seen=yes; status-set active -- written';

describe('a hook', () => {
  test('A successful hook writes everything to the model', async () => {
    const agent = await shell.add({ start: WRITE });
    const relation = agent.relate('image', 'consumer');
    await agent.deploy();
    expect(relation.ourDatabag()['id']).toBe('new');
    expect(agent.model.state.get('seen')).toBe('yes');
  });

  test('A failed hook keeps only its status, and the unit is in error until the hook is resolved', async () => {
    const agent = await shell.add({ start: `${WRITE}; echo why >&2; exit 3` }, NO_RETRY);
    const relation = agent.relate('image', 'consumer');
    await agent.deploy();
    expect(relation.ourDatabag()['id']).toBeUndefined();
    expect(agent.model.state.size).toBe(0);
    expect(agent.model.status.message).toBe('written');
    expect(agent.status).toEqual({ status: 'error', message: 'hook failed: "start"' });
    expect(agent.model.log).toContainEqual(
      expect.objectContaining({ level: 'WARNING', logger: 'unit.app/0.start', message: 'why' }),
    );
    await agent.resolve({ retry: false });
    expect(agent.status).toEqual({ status: 'active', message: 'written' });
    expect(relation.ourDatabag()['id']).toBeUndefined();
  });

  test('A failed hook is retried until it succeeds, before any other hook', async () => {
    const agent = await shell.add({
      install: 'n=$(cat ../tries 2>/dev/null || true); echo "${n}x" > ../tries; [ "${n}" = xx ]',
    });
    await agent.deploy();
    const runs = ['install', 'install', 'install', 'leader-elected', 'config-changed', 'start'];
    expect(await takeRuns(agent)).toEqual(runs);
    const errors = agent.model.statusHistory.filter(({ status }) => status === 'error');
    expect(errors.map(({ message }) => message)).toEqual(Array(2).fill('hook failed: "install"'));
    expect(agent.status.status).toBe('unknown');
  });

  test('A failed hook is retried a limited number of times, then only when the operator resolves it', async () => {
    const agent = await shell.add(
      { install: '[ -f ../repaired ]' },
      { retry: { firstMs: 1, maxMs: 2, attempts: 2 } },
    );
    await agent.deploy();
    expect(await takeRuns(agent)).toEqual(['install', 'install', 'install']);
    expect(agent.status.status).toBe('error');
    await agent.execute('touch ../repaired');
    await agent.resolve();
    expect(await takeRuns(agent)).toEqual(['install', 'leader-elected', 'config-changed', 'start']);
  });

  test('A successful hook counts as failed when the controller refuses its writes', async () => {
    const agent = await shell.add({ start: WRITE }, { retry: { firstMs: 1, maxMs: 1, attempts: 1 } });
    agent.relate('image', 'consumer');
    agent.failNextFlush('quota exceeded');
    await agent.deploy();
    expect((await takeRuns(agent)).filter((name) => name === 'start')).toHaveLength(2);
    expect(agent.model.log.map(({ message }) => message)).toContain('hook "start" failed: quota exceeded');
    expect(agent.status.status).toBe('active');
  });

  test('A hook killed by a signal is run again without an error status', async () => {
    const agent = await shell.add({ install: '[ -f ../once ] || { touch ../once; kill -KILL $$; }' });
    await agent.deploy();
    expect((await takeRuns(agent)).slice(0, 3)).toEqual(['install', 'install', 'leader-elected']);
    expect(agent.model.statusHistory.map(({ status }) => status)).not.toContain('error');
  });

  test('A unit in error is upgraded only by force and then retries the failed hook', async () => {
    const agent = await shell.add({ install: 'exit 1' }, NO_RETRY);
    await agent.deploy();
    const repaired = await shell.pack({});
    await expect(agent.upgrade(repaired)).rejects.toThrow('in an error state');
    await agent.upgrade(repaired, { forceUnits: true });
    await takeRuns(agent);
    await agent.resolve();
    expect(await takeRuns(agent)).toEqual(['install', 'leader-elected', 'config-changed', 'start']);
  });
});

describe('an action', () => {
  const WRITES = 'state-set seen=yes; action-set a.b=1 c=2; action-log -- half';

  test.each([
    ['succeeds', '', 'completed', '', 'yes'],
    ['succeeds after action-fail', 'action-fail -- "no cloud"', 'failed', 'no cloud', 'yes'],
    [
      'exits with an error after action-fail',
      'action-fail -- "no cloud"; exit 4',
      'failed',
      'exit status 4',
      undefined,
    ],
  ])(
    'The task of an action that %s has the matching status and results',
    async (_, script, status, message, seen) => {
      const agent = await shell.add({ run: `${WRITES}; echo out; echo err >&2; ${script}` });
      await agent.deploy();
      const task = await agent.runAction('run');
      expect(task).toMatchObject({ status, message, results: { a: { b: '1' }, c: '2' }, progress: ['half'] });
      expect(task).toMatchObject({
        stdout: 'out\n',
        stderr: 'err\n',
        returnCode: status === 'failed' && seen === undefined ? 4 : 0,
      });
      expect(agent.model.state.get('seen')).toBe(seen);
      expect(agent.status.status).toBe('unknown');
    },
  );

  test('An action fails when the controller refuses its writes', async () => {
    const agent = await shell.add({ run: WRITES });
    await agent.deploy();
    agent.failNextFlush('quota exceeded');
    expect(await agent.runAction('run')).toMatchObject({
      status: 'failed',
      message: 'committing requested changes failed',
      stderr: 'quota exceeded',
    });
  });

  test('An action runs while the unit is in error', async () => {
    const agent = await shell.add({ install: 'exit 1' }, NO_RETRY);
    await agent.deploy();
    expect(await agent.runAction('run')).toMatchObject({ status: 'completed' });
    expect(agent.status.status).toBe('error');
  });

  test('An action receives the defaults of its schema, and invalid parameters are refused', async () => {
    const agent = await shell.add({ greet: 'action-set got="$(action-get --format=json)"' });
    await agent.deploy();
    const { results } = await agent.runAction('greet', { times: 2 });
    expect(JSON.parse(results['got'] as string)).toEqual({ name: 'world', times: 2 });
    await expect(agent.runAction('greet', {})).rejects.toThrow('"times" property is missing and required');
    await expect(agent.runAction('greet', { times: 0 })).rejects.toThrow('greater than or equal to 1');
    await expect(agent.runAction('greet', { times: 'x' })).rejects.toThrow('must be of type integer');
    await expect(agent.runAction('run', { x: 1 })).rejects.toThrow('additional property "x" is not allowed');
    await expect(agent.runAction('jump')).rejects.toThrow('action "jump" not defined');
    expect(agent.model.tasks).toHaveLength(1);
  });

  test('Action tools fail in a hook', async () => {
    const agent = await shell.add({ start: 'action-get 2>&1 | cat; action-fail 2>&1 | cat' });
    await agent.deploy();
    const lines = agent.model.log.filter(({ logger }) => logger === 'unit.app/0.start');
    expect(lines.map(({ message }) => message)).toEqual(Array(2).fill('ERROR not running an action'));
  });
});
