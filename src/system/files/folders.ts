import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCodeOf } from '../error-code.ts';

/** Creates the folder and its parents, and sets the folder's mode to exactly `mode`, regardless of the umask. */
export async function ensureFolder(path: string, mode: number): Promise<void> {
  await mkdir(path, { recursive: true, mode });
  if (((await stat(path)).mode & 0o7777) !== mode) await chmod(path, mode);
}

/** Returns the sorted names in a folder; an empty list when the folder does not exist. */
export async function listFolder(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Lists every file under a folder with its size, following links: `['a/b 12', …]`, sorted. */
export async function listTree(path: string): Promise<readonly string[]> {
  const names = await readdir(path, { recursive: true });
  const lines = names.map(async (name) => {
    const seen = await stat(join(path, name));
    return seen.isFile() ? [`${name} ${seen.size}`] : [];
  });
  return (await Promise.all(lines)).flat().sort();
}

/** Returns the unresolved target of a symbolic link, or undefined when no link exists at `path`. */
export async function findLinkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    const code = errorCodeOf(error);
    if (code === 'ENOENT' || code === 'EINVAL') return undefined; // EINVAL: not a symbolic link
    throw error;
  }
}

/** Points the symbolic link at `path` to `target`. The replacement is atomic: a link exists at every moment. */
export async function switchLink(path: string, target: string): Promise<void> {
  const draft = temporaryPath(path);
  try {
    await symlink(target, draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Returns an unused, hidden path in the same folder as `path`, for a temporary file. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}
