import { mkdir, mkdtemp, readdir, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { umask } from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readTextFile, writeFileAtomic } from '../../../src/system/files/text-file.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('writing a file', () => {
  test.each([
    ['0600', 0o600],
    ['0644', 0o644],
  ])(
    'a written file has mode %s regardless of the umask, and no temporary file remains',
    async (_digits, mode) => {
      const path = join(folder, 'facts.json');
      const before = umask(0o077);
      try {
        await writeFileAtomic(path, 'é\n', mode);
      } finally {
        umask(before);
      }
      await expect(readTextFile(path)).resolves.toBe('é\n');
      expect((await stat(path)).mode & 0o777).toBe(mode);
      await expect(readdir(folder)).resolves.toEqual(['facts.json']);
    },
  );

  test('an existing file is replaced by a new inode, so that readers of the old file can finish', async () => {
    const path = join(folder, 'facts.json');
    await writeFileAtomic(path, 'old', 0o600);
    const old = await stat(path);
    await writeFileAtomic(path, 'new', 0o600);
    await expect(readTextFile(path)).resolves.toBe('new');
    expect((await stat(path)).ino).not.toBe(old.ino);
  });

  test('writing to a symbolic link replaces the link and not its target', async () => {
    const [target, path] = [join(folder, 'target'), join(folder, 'link')];
    await writeFile(target, 'untouched');
    await symlink(target, path);
    await writeFileAtomic(path, 'new', 0o600);
    await expect(readTextFile(target)).resolves.toBe('untouched');
    await expect(readlink(path)).rejects.toMatchObject({ code: 'EINVAL' });
  });

  test('a failed write leaves the folder unchanged', async () => {
    const path = join(folder, 'facts.json');
    await mkdir(path);
    await expect(writeFileAtomic(path, 'text', 0o600)).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(readdir(folder)).resolves.toEqual(['facts.json']);
  });

  test('writing into a missing folder fails', async () => {
    const path = join(folder, 'missing', 'facts.json');
    await expect(writeFileAtomic(path, 'text', 0o600)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('reading a file', () => {
  test('reading a text file returns undefined only when the file does not exist', async () => {
    await expect(readTextFile(join(folder, 'missing'))).resolves.toBeUndefined();
    await expect(readTextFile(folder)).rejects.toMatchObject({ code: 'EISDIR' });
    await writeFile(join(folder, 'file'), '');
    await expect(readTextFile(join(folder, 'file'))).resolves.toBe('');
    await expect(readTextFile(join(folder, 'file', 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
