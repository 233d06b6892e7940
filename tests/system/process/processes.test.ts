import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { execPath, pid } from 'node:process';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type ProcessIdentity,
  findProcessIdentity,
  readOwnProcessIdentity,
} from '../../../src/system/process/process-identity.ts';
import {
  ageMsOf,
  listProcessPaths,
  listProcesses,
  nodePath,
  signalProcess,
  startTimeOf,
} from '../../../src/system/process/processes.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function start(args: readonly string[]): Promise<{ child: ChildProcess; identity: ProcessIdentity }> {
  const child = spawn('sleep', args, { stdio: 'ignore', cwd: tmpdir() });
  children.push(child);
  await once(child, 'spawn');
  const identity = findProcessIdentity(child.pid ?? 0);
  if (identity === undefined) throw new Error('not started');
  return { child, identity };
}

describe('the processes of this host', () => {
  test('the list of processes has command lines with empty arguments and spaces preserved', async () => {
    const words = ['-c', 'read line; :', 'two words', ''];
    const child = spawn('sh', words, { stdio: ['pipe', 'ignore', 'ignore'] });
    children.push(child);
    await once(child, 'spawn');
    const found = (await listProcesses()).find((process) => process.pid === child.pid);
    expect(found?.args).toEqual(['sh', ...words]);
    expect((await listProcesses()).every(({ args }) => args.length > 0)).toBe(true);
  });

  test('the places of a process are its program and its working folder', async () => {
    const { identity } = await start(['60']);
    expect(await listProcessPaths(identity.pid)).toEqual([
      await realpath('/bin/sleep'),
      await realpath(tmpdir()),
    ]);
    expect(await listProcessPaths(pid)).toContain(await realpath(execPath));
  });

  test('an ended process has no places and no identity', async () => {
    const { child, identity } = await start(['60']);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await listProcessPaths(identity.pid)).toEqual([]);
    expect(findProcessIdentity(identity.pid)).toBeUndefined();
  });

  test('the own process is found by its pid and its Node binary', () => {
    expect(findProcessIdentity(pid)).toEqual(readOwnProcessIdentity());
    expect(nodePath()).toBe(execPath);
  });

  test('the age and the start time of a process agree with the clock', async () => {
    const { identity } = await start(['60']);
    expect(ageMsOf(identity)).toBeLessThan(ageMsOf(readOwnProcessIdentity()));
    const tenMinutesOlder = { ...identity, startedAt: `${Number(identity.startedAt) - 60_000}` };
    expect(Math.abs(ageMsOf(tenMinutesOlder) - ageMsOf(identity) - 600_000)).toBeLessThan(5000);
    expect(Math.abs(Date.now() - startTimeOf(identity))).toBeLessThan(60_000);
  });

  test('a signal reaches the process but not another process with the same pid', async () => {
    const { child, identity } = await start(['60']);
    expect(signalProcess({ ...identity, startedAt: `${identity.startedAt}0` }, 'SIGKILL')).toBe(false);
    const end = once(child, 'exit');
    expect(signalProcess(identity, 'SIGTERM')).toBe(true);
    expect(await end).toEqual([null, 'SIGTERM']);
    expect(signalProcess(identity, 'SIGTERM')).toBe(false);
  });
});
