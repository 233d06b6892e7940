import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCodeOf } from './error-code.ts';

/**
 * Replaces the file at `path`. After a crash at any moment it is the old one or the new one, with exactly `mode`
 * whatever the umask; nobody without that mode's rights can read it on the way.
 */
export async function writeFileAtomic(path: string, text: string, mode: number): Promise<void> {
  const folder = dirname(path);
  const draft = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await using(await open(draft, 'wx', mode), async (file) => {
      await file.chmod(mode);
      await file.writeFile(text);
      await file.sync();
    });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await using(await open(folder, 'r'), (opened) => opened.sync());
}

async function using(file: FileHandle, work: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(file);
  } finally {
    await file.close();
  }
}

/** No write takes as long. */
const STALE_MS = 600_000;

/** Is the file so old that whoever began to write it is gone? */
export async function isStale(path: string): Promise<boolean> {
  const { mtimeMs } = await stat(path);
  return Date.now() - mtimeMs > STALE_MS;
}

/** Removes what `writeFileAtomic` left in a folder when it was killed. */
export async function removeStaleDrafts(folder: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => /^\..+\.[0-9a-f]{12}\.tmp$/.test(name));
  for (const name of drafts) {
    const path = join(folder, name);
    if (await isStale(path).catch(() => false)) await rm(path, { recursive: true, force: true });
  }
}

/** The text of a file; `undefined` only when there is none at `path`. */
export async function readTextFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
