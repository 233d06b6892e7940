import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCodeOf } from './error-code.ts';

/** Makes the folder and those above it, and gives it exactly `mode`, whatever the umask. */
export async function ensureFolder(path: string, mode: number): Promise<void> {
  await mkdir(path, { recursive: true, mode });
  if (((await stat(path)).mode & 0o7777) !== mode) await chmod(path, mode);
}

/** The names in a folder; none when there is no such folder. */
export async function listFolder(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Every file under a folder with its size, links as what they lead to: `['a/b 12', …]`, sorted. */
export async function listTree(path: string): Promise<readonly string[]> {
  const names = await readdir(path, { recursive: true });
  const lines = names.map(async (name) => {
    const seen = await stat(join(path, name));
    return seen.isFile() ? [`${name} ${seen.size}`] : [];
  });
  return (await Promise.all(lines)).flat().sort();
}

/** Where a link leads, as it is written; `undefined` when there is no link at `path`. */
export async function findLinkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    const code = errorCodeOf(error);
    if (code === 'ENOENT' || code === 'EINVAL') return undefined; // EINVAL: it is no link
    throw error;
  }
}

/** Makes the link at `path` lead to `target`; at every moment there is the old one or the new one. */
export async function switchLink(path: string, target: string): Promise<void> {
  const draft = draftPath(path);
  try {
    await symlink(target, draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** A path beside `path` that nobody else uses; its name begins with a dot. */
export function draftPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}
