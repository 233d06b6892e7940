import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { umask } from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFileTail } from '../../../src/system/files/file-tail.ts';
import {
  ensureFolder,
  findLinkTarget,
  listFolder,
  listTree,
  switchLink,
} from '../../../src/system/files/folders.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folders-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a folder', () => {
  test('creating a folder sets exactly the requested mode, regardless of the umask and the old mode', async () => {
    const path = join(folder, 'a/b');
    const before = umask(0o077);
    try {
      await ensureFolder(path, 0o750);
    } finally {
      umask(before);
    }
    expect((await stat(path)).mode & 0o7777).toBe(0o750);
    await chmod(path, 0o777);
    await ensureFolder(path, 0o700);
    expect((await stat(path)).mode & 0o7777).toBe(0o700);
  });

  test('a missing folder lists as empty, and listing a file fails', async () => {
    expect(await listFolder(join(folder, 'none'))).toEqual([]);
    await writeFile(join(folder, 'file'), '');
    await expect(listFolder(join(folder, 'file'))).rejects.toThrow('ENOTDIR');
  });

  test('a tree lists the files at every depth with their sizes', async () => {
    await mkdir(join(folder, 'a/b'), { recursive: true });
    await writeFile(join(folder, 'a/b/two'), '22');
    await writeFile(join(folder, 'one'), '1');
    await symlink('one', join(folder, 'link'));
    expect(await listTree(folder)).toEqual(['a/b/two 2', 'link 1', 'one 1']);
  });
});

describe('a symbolic link', () => {
  test('switching a link replaces its target and leaves no temporary file', async () => {
    const path = join(folder, 'current');
    expect(await findLinkTarget(path)).toBeUndefined();
    await switchLink(path, 'a');
    await switchLink(path, 'b');
    expect(await findLinkTarget(path)).toBe('b');
    expect(await readdir(folder)).toEqual(['current']);
  });

  test('switching a link does not replace a folder', async () => {
    const path = join(folder, 'current');
    await mkdir(path);
    expect(await findLinkTarget(path)).toBeUndefined();
    await expect(switchLink(path, 'a')).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['current']);
  });
});

describe('the end of a file', () => {
  test.each([
    [100, 'one\ntwo\nthree'],
    [10, 'two\nthree'],
    [9, 'three'],
    [6, 'three'],
    [3, 'ree'],
  ])('the last %d bytes of a file begin with a complete line', async (maximum, tail) => {
    await writeFile(join(folder, 'log'), 'one\ntwo\nthree');
    expect(await readFileTail(join(folder, 'log'), maximum)).toBe(tail);
  });

  test('the tail of a missing file is empty', async () => {
    expect(await readFileTail(join(folder, 'none'), 10)).toBe('');
  });
});
