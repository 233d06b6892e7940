import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill } from 'node:process';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type ProcessIdentity,
  encodeProcessIdentity,
  findProcessState,
  parseProcessIdentity,
  readOwnProcessIdentity,
  readPlace,
} from '../../../src/system/process/process-identity.ts';

const own = readOwnProcessIdentity();
const undos: (() => unknown)[] = [];

afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

async function start(command: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  undos.push(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  return child;
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('not started');
  return child.pid;
}

/** The identity of a child process, read without the code under test. */
function identityOf(pid: number): ProcessIdentity {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return { ...own, pid, startedAt: stat.replace(/^.*\) /s, '').split(' ')[19] ?? '' };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

describe('the state of a process', () => {
  test('the calling process is alive', () => {
    expect(findProcessState(own)).toBe('alive');
  });

  test('a process is alive while it runs and dead after it was killed', async () => {
    const child = await start('sleep', ['60']);
    const id = identityOf(pidOf(child));
    expect(findProcessState(id)).toBe('alive');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(findProcessState(id)).toBe('dead');
  });

  test('a process whose name holds parentheses and spaces is alive', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'process-'));
    undos.push(() => {
      rmSync(folder, { recursive: true });
    });
    const path = join(folder, 'a) Z (b c');
    copyFileSync('/bin/sleep', path);
    const child = await start(path, ['60']);
    expect(findProcessState(identityOf(pidOf(child)))).toBe('alive');
  });

  test('a process whose pid was reused is dead', () => {
    expect(findProcessState({ ...own, startedAt: `${own.startedAt}0` })).toBe('dead');
  });

  test('a zombie is dead', async () => {
    // The parent replaces itself with a program that never waits for its children.
    const parent = await start('sh', ['-c', 'sleep 60 & echo $!; exec cat']);
    const [line] = (await once(parent.stdout ?? parent, 'data')) as [Buffer];
    const pid = Number(line.toString());
    const id = identityOf(pid);
    await until(() => readFileSync(`/proc/${pidOf(parent)}/comm`, 'utf8') === 'cat\n');
    kill(pid, 'SIGKILL');
    await until(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
    expect(findProcessState(id)).toBe('dead');
  });

  test('a process of an unknown boot is elsewhere', () => {
    expect(findProcessState({ ...own, boot: '0123456789abcdef' })).toBe('elsewhere');
  });
});

describe('the machine of a process', () => {
  const here = readPlace('unit key');
  const process = readOwnProcessIdentity(here);
  const bootId = 'another boot';

  test('a process of this machine is alive in its boot and dead after a reboot', () => {
    expect(findProcessState(process, here)).toBe('alive');
    expect(findProcessState(process, { ...here, bootId })).toBe('dead');
  });

  test.each([
    ['another unit on the same machine', readPlace('another key')],
    ['a program that knows no machine', readPlace()],
  ])('a process is alive for %s in the same boot, and elsewhere in another boot', (_what, place) => {
    expect(findProcessState(process, place)).toBe('alive');
    expect(findProcessState(process, { ...place, bootId })).toBe('elsewhere');
  });

  test('a change of /etc/machine-id during a boot does not make a process dead', () => {
    expect(findProcessState(process, { ...here, machineId: '' })).toBe('alive');
  });

  test.each(['', 'uninitialized\n', readPlace().machineId])(
    'a process whose machine has only /etc/machine-id %j is elsewhere after a reboot',
    (machineId) => {
      const byHand = readOwnProcessIdentity({ ...readPlace(), machineId });
      for (const place of [readPlace(), here])
        expect(findProcessState(byHand, { ...place, machineId, bootId })).toBe('elsewhere');
    },
  );

  test('a process in another pid namespace with the same ids is never alive by chance', () => {
    const pidNamespace = 'pid:[1]';
    expect(findProcessState(own, { ...readPlace(), pidNamespace })).toBe('elsewhere');
    expect(findProcessState(process, { ...here, pidNamespace })).toBe('dead');
  });
});

describe('the identity of a process', () => {
  test('an identity is encoded as one word and decoded from it', () => {
    const word = encodeProcessIdentity(own);
    expect(word).toMatch(/^[0-9a-f]{16}\.\d+\.\d+$/);
    expect(parseProcessIdentity(word)).toEqual(own);
  });

  test('an identity with a machine has one more part', () => {
    const process = readOwnProcessIdentity(readPlace('unit key'));
    const word = encodeProcessIdentity(process);
    expect(word).toMatch(/^[0-9a-f]{16}\.[0-9a-f]{16}\.\d+\.\d+$/);
    expect(parseProcessIdentity(word)).toEqual(process);
  });

  test('the machine in an identity does not show the text that names it', () => {
    expect(readPlace('0123456789abcdef').machine).not.toContain('0123456789abcdef');
  });

  test('the identity of a process does not change', () => {
    expect(readOwnProcessIdentity()).toEqual(own);
  });

  test.each([
    '',
    'text',
    '0123456789abcdef.1',
    '0123456789abcdef.0.5',
    '0123456789abcdef.-1.5',
    '0123456789abcdef.4194305.5',
    '0123456789abcdef.1.5.6',
    '0123456789abcdef.0123456789abcdef.0123456789abcdef.1.5',
    '.0123456789abcdef.1.5',
    '0123456789ABCDEF.1.5',
    ' 0123456789abcdef.1.5',
    '0123456789abcdef.1.5\n',
  ])('no identity is decoded from %j', (text) => {
    expect(parseProcessIdentity(text)).toBeUndefined();
  });
});
