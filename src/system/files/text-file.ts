import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCodeOf } from '../error-code.ts';

/**
 * Replaces the file at `path`. After a crash at any moment, either the old or the new file is there, with exactly `mode`
 * regardless of the umask. The temporary file has the same mode, so that nobody else can read the text early.
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

/** Far longer than any write takes. */
const STALE_MS = 600_000;

/** Reports whether a temporary file is so old that its writer must be dead. */
export async function isStale(path: string): Promise<boolean> {
  const { mtimeMs } = await stat(path);
  return Date.now() - mtimeMs > STALE_MS;
}

/** Removes temporary files that `writeFileAtomic` left in a folder when its process was killed. */
export async function removeStaleTemporaryFiles(folder: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => /^\..+\.[0-9a-f]{12}\.tmp$/.test(name));
  for (const name of drafts) {
    const path = join(folder, name);
    if (await isStale(path).catch(() => false)) await rm(path, { recursive: true, force: true });
  }
}

/** Returns the text of a file, or undefined when no file exists at `path`. Other errors are thrown. */
export async function readTextFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Returns the text of a file of at most `maximum` bytes in UTF-8, or undefined when no file exists at `path`. It may be
 * a pipe, such as that of a shell's process substitution.
 */
export async function readLimitedTextFile(path: string, maximum: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maximum) throw new Error(`larger than ${maximum} bytes`);
    }
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}

const CHUNK = 64 * 1024;

/** Returns `path` with a leading `~` replaced by the home folder. */
export function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}
