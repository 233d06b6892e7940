import { randomBytes } from 'node:crypto';
import { link, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ProductError } from '../model/errors.ts';
import { errorCodeOf } from './error-code.ts';
import { isStale, readTextFile } from './files.ts';
import {
  encodeProcessIdentity,
  findProcessState,
  parseProcessIdentity,
  readOwnProcessIdentity,
} from './process-id.ts';

/** Another process that lives holds the lock. */
export class LockHeldError extends ProductError {
  readonly kind = 'unavailable';
}

/** Held until it is released, or its process is dead. */
export interface ProcessLock {
  release(): Promise<void>;
}

const MOST_TRIES = 5;

/**
 * Takes the lock file at `path`, which says who holds it. A holder that is dead, or of an earlier boot of this host, has
 * left it behind. Throws LockHeldError.
 */
export async function takeProcessLock(path: string): Promise<ProcessLock> {
  const own = encodeProcessIdentity(readOwnProcessIdentity());
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, own, { mode: 0o600, flag: 'wx' });
  try {
    await linkOverDead(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  return {
    release: async () => {
      if ((await readTextFile(path)) === own) await rm(path, { force: true });
    },
  };
}

/** Removes what processes left beside the lock at `path` that were killed while they took it. */
export async function removeDeadLockDrafts(path: string): Promise<void> {
  const [folder, lock] = [dirname(path), basename(path)];
  const isDraft = (name: string): boolean =>
    name.startsWith(`${lock}.`) && /^(\.taking)*\.[0-9a-f]{12}$/.test(name.slice(lock.length));
  for (const name of (await readdir(folder)).filter(isDraft)) {
    const draft = join(folder, name);
    if (await isLeftBehind(draft)) await rm(draft, { force: true });
  }
}

async function isLeftBehind(draft: string): Promise<boolean> {
  const id = parseProcessIdentity((await readTextFile(draft)) ?? '');
  if (id === undefined) return isStale(draft).catch(() => false); // another process may be about to write it
  return findProcessState(id) !== 'alive';
}

/** A link appears with its whole content, and only where there is nothing. */
async function linkOverDead(draft: string, path: string): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    if (await tryLink(draft, path)) return;
    const holder = await readTextFile(path);
    if (holder !== undefined) await removeDead(path, holder);
  }
  throw new LockHeldError(`${path}: others took it at the same time; try again`);
}

async function tryLink(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (errorCodeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Under a lock of its own: who is slow must not remove the lock of who was quicker. */
async function removeDead(path: string, holder: string): Promise<void> {
  const id = parseProcessIdentity(holder);
  if (id !== undefined && findProcessState(id) === 'alive') {
    throw new LockHeldError(`${path}: process ${id.pid} runs already and holds it`);
  }
  const guard = await takeProcessLock(`${path}.taking`);
  try {
    if ((await readTextFile(path)) === holder) await rm(path, { force: true });
  } finally {
    await guard.release();
  }
}
