import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { takeRuns, useMachine } from './shell-charm.ts';

const shell = useMachine();

interface ProgramExit {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the host like a daemon: with a clean environment. */
function runOnHost(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramExit> {
  const path = join(shell.machine.root, 'usr/bin', program);
  return new Promise((resolve) => {
    execFile(path, args, { env: { PATH: '/usr/bin:/bin', ...env } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

test('Writes of a charm dispatched by juju-exec are committed even when the charm fails', async () => {
  const agent = await shell.add({ built: 'relation-set -r 1 id=built; echo out; echo err >&2; exit 7' });
  const relation = agent.relate('image', 'consumer');
  await agent.deploy();
  const ended = await runOnHost('juju-exec', ['app/0', 'JUJU_DISPATCH_PATH=hooks/built ./dispatch']);
  expect(ended).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\n' });
  expect((await takeRuns(agent)).at(-1)).toBe('built');
  expect(relation.ourDatabag()['id']).toBe('built');
  expect(agent.status.status).toBe('unknown');
});

test('The program juju-exec is refused within a hook, for units of other machines, and without commands', async () => {
  await (await shell.add()).deploy();
  const refusals = [
    await runOnHost('juju-exec', ['app/0', 'true'], { JUJU_CONTEXT_ID: 'app/0-start-1' }),
    await runOnHost('juju-exec', ['app/7', 'true']),
    await runOnHost('juju-exec', ['app/0']),
    await runOnHost('juju-exec', []),
    await runOnHost('juju-exec', ['--operator', 'app/0', 'true']),
  ];
  expect(refusals.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2]);
  expect(refusals.map(({ stderr }) => stderr.trim())).toEqual([
    'ERROR juju-exec cannot be called from within a hook, have context "app/0-start-1"',
    'ERROR unit "app/7" not found on this machine',
    'ERROR missing commands',
    'ERROR missing unit-name',
    'ERROR option provided but not defined: --operator',
  ]);
});

test('The program juju-exec passes a single argument to bash unchanged and quotes several', async () => {
  await (await shell.add()).deploy();
  expect((await runOnHost('juju-exec', ['app/0', 'echo "$((1 + 1))"'])).stdout).toBe('2\n');
  expect((await runOnHost('juju-exec', ['app/0', 'echo', '$HOME', "it's"])).stdout).toBe("$HOME it's\n");
});

test('The program juju-exec waits for a running hook of another unit of the machine', async () => {
  const slow = 'echo begin >> ../../order; sleep 0.3; echo end >> ../../order';
  const one = await shell.add({ 'update-status': slow }, { application: 'one' });
  const two = await shell.add({}, { application: 'two' });
  await one.deploy();
  await two.deploy();
  const updated = one.updateStatus();
  await one.until(({ agentStatus }) => agentStatus.status === 'executing', {
    timeoutMs: 5000,
    what: 'a hook to run',
  });
  await runOnHost('juju-exec', ['two/0', 'echo exec >> ../../order']);
  await updated;
  const order = await readFile(join(dirname(shell.machine.root), 'agents/order'), 'utf8');
  expect(order).toBe('begin\nend\nexec\n');
});

test('Hooks of two units of one machine never run at the same time', async () => {
  const busy = 'mkdir ../../busy; sleep 0.05; rmdir ../../busy';
  const scripts = { install: busy, 'config-changed': busy, start: busy };
  const units = await Promise.all(['one', 'two'].map((application) => shell.add(scripts, { application })));
  await Promise.all(units.map((unit) => unit.deploy()));
  expect(units.map(({ status }) => status.status)).toEqual(['unknown', 'unknown']);
});

test('The program juju-exec runs in the error state, but not while operations are held', async () => {
  const agent = await shell.add({ install: 'exit 1' }, { retry: { firstMs: 1, maxMs: 1, attempts: 0 } });
  await agent.deploy();
  const release = agent.hold();
  let isDone = false;
  const execution = runOnHost('juju-exec', ['app/0', 'echo done']).then((ended) => {
    isDone = true;
    return ended;
  });
  await agent.waitForIdle();
  expect(isDone).toBe(false);
  release();
  expect((await execution).stdout).toBe('done\n');
});

test('The program juju-exec is refused after the unit was removed', async () => {
  const agent = await shell.add();
  await agent.deploy();
  await agent.remove();
  expect(await runOnHost('juju-exec', ['app/0', 'true'])).toMatchObject({ code: 2 });
});

test('A hook tool call after the end of its hook is refused and recorded without a hook', async () => {
  const agent = await shell.add({
    start: '(sleep 0.2; status-set active -- late || status-set active -- later) & :',
  });
  await agent.deploy();
  await agent.until(({ toolCalls }) => toolCalls.length === 2, { timeoutMs: 5000, what: 'the late calls' });
  expect(agent.model.toolCalls).toEqual([
    expect.objectContaining({ tool: 'status-set', during: '', code: 1 }),
    expect.objectContaining({ tool: 'status-set', during: '', code: 1 }),
  ]);
  expect(agent.status.status).toBe('unknown');
});

test('A wait that reaches its deadline reports the statuses so far', async () => {
  const agent = await shell.add({ start: 'status-set blocked -- "no password"' });
  await agent.deploy();
  const waiting = agent.until(({ status }) => status.status === 'active', {
    timeoutMs: 30,
    what: 'an active unit',
  });
  await expect(waiting).rejects.toThrow(/waited 30 ms for an active unit[^]*blocked: no password/);
});
