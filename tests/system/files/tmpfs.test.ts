import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isOnTmpfs } from '../../../src/system/files/tmpfs.ts';

let onDisk = '';
let inMemory = '';
beforeEach(async () => {
  onDisk = await mkdtemp(join(tmpdir(), 'disk-'));
  inMemory = await mkdtemp('/dev/shm/memory-');
});
afterEach(async () => {
  await rm(onDisk, { recursive: true });
  await rm(inMemory, { recursive: true });
});

describe('isOnTmpfs', () => {
  test('isOnTmpfs distinguishes a tmpfs from other file systems', async () => {
    expect(await isOnTmpfs(inMemory)).toBe(true);
    expect(await isOnTmpfs('/proc')).toBe(false);
  });

  test('isOnTmpfs follows symbolic links', async () => {
    await symlink(inMemory, join(onDisk, 'to-memory'));
    await symlink('/proc', join(inMemory, 'to-proc'));
    expect(await isOnTmpfs(join(onDisk, 'to-memory'))).toBe(true);
    expect(await isOnTmpfs(join(inMemory, 'to-proc'))).toBe(false);
  });

  test('isOnTmpfs throws for a missing path', async () => {
    await expect(isOnTmpfs(join(onDisk, 'none'))).rejects.toThrow('ENOENT');
  });
});
