import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { umask } from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFileTail } from '../../src/system/file-tail.ts';
import { ensureFolder, findLinkTarget, listFolder, listTree, switchLink } from '../../src/system/folders.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folders-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a folder', () => {
  test('gets exactly its mode, whatever the umask and whatever it had', async () => {
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

  test('that is not there holds nothing; one that is no folder is not read', async () => {
    expect(await listFolder(join(folder, 'none'))).toEqual([]);
    await writeFile(join(folder, 'file'), '');
    await expect(listFolder(join(folder, 'file'))).rejects.toThrow('ENOTDIR');
  });

  test('tells its files at every depth, with their sizes', async () => {
    await mkdir(join(folder, 'a/b'), { recursive: true });
    await writeFile(join(folder, 'a/b/two'), '22');
    await writeFile(join(folder, 'one'), '1');
    await symlink('one', join(folder, 'link'));
    expect(await listTree(folder)).toEqual(['a/b/two 2', 'link 1', 'one 1']);
  });
});

describe('a link', () => {
  test('is switched from one target to another, and leaves nothing beside it', async () => {
    const path = join(folder, 'current');
    expect(await findLinkTarget(path)).toBeUndefined();
    await switchLink(path, 'a');
    await switchLink(path, 'b');
    expect(await findLinkTarget(path)).toBe('b');
    expect(await readdir(folder)).toEqual(['current']);
  });

  test('does not take the place of a folder', async () => {
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
  ])('of %d bytes is whole lines, and what follows them', async (maximum, tail) => {
    await writeFile(join(folder, 'log'), 'one\ntwo\nthree');
    expect(await readFileTail(join(folder, 'log'), maximum)).toBe(tail);
  });

  test('that is not there is empty', async () => {
    expect(await readFileTail(join(folder, 'none'), 10)).toBe('');
  });
});
