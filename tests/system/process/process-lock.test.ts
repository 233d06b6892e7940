import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { encodeProcessIdentity, findProcessIdentity } from '../../../src/system/process/process-identity.ts';
import { LockHeldError, takeProcessLock } from '../../../src/system/process/process-lock.ts';

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true }));

/** Returns the identity of a process that has ended. */
async function createDeadIdentity(): Promise<string> {
  const child = spawn('sleep', ['60']);
  const id = findProcessIdentity(child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'close');
  if (id === undefined) throw new Error('expected a process');
  return encodeProcessIdentity(id);
}

describe('a lock', () => {
  test('a lock is held by one process until it is released', async () => {
    const lock = await takeProcessLock(path);
    await expect(takeProcessLock(path)).rejects.toThrow(LockHeldError);
    await lock.release();
    await (await takeProcessLock(path)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('exactly one of many concurrent attempts takes the lock', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => takeProcessLock(path)));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['lock']);
  });

  test('at most one attempt takes a dead lock, even when a process died while it replaced the lock', async () => {
    for (const name of ['lock', 'lock.taking'])
      await writeFile(join(folder, name), await createDeadIdentity());
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => takeProcessLock(path)));
    expect(attempts.filter(({ status }) => status === 'fulfilled').length).toBeLessThan(2);
    await takeProcessLock(path).catch(() => undefined);
    await expect(takeProcessLock(path)).rejects.toThrow(/holds the lock/);
  });

  test.each([
    ['a process that is dead', createDeadIdentity],
    ['an earlier boot', () => Promise.resolve('0123456789abcdef.1.1')],
    ['nobody', () => Promise.resolve('')],
  ])('a lock left by %s is replaced', async (_, name) => {
    await writeFile(path, await name());
    const lock = await takeProcessLock(path);
    expect(await readFile(path, 'utf8')).toMatch(`.${process.pid}.`);
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('a holder whose lock was replaced does not release the new lock', async () => {
    const lock = await takeProcessLock(path);
    await writeFile(path, 'another');
    await lock.release();
    expect(await readFile(path, 'utf8')).toBe('another');
  });
});
