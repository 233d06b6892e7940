import { randomBytes } from 'node:crypto';
import { link, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ProductError } from '../../model/errors.ts';
import { errorCodeOf } from '../error-code.ts';
import { isStale, readTextFile } from '../files/text-file.ts';
import {
  encodeProcessIdentity,
  findProcessState,
  parseProcessIdentity,
  readOwnProcessIdentity,
} from './process-identity.ts';

/** The error for a lock that another running process holds. */
export class LockHeldError extends ProductError {
  readonly kind = 'unavailable';
}

/** A lock that is held until it is released or its process dies. */
export interface ProcessLock {
  release(): Promise<void>;
}

const MAX_ATTEMPTS = 5;

/**
 * Takes the lock file at `path`, whose content identifies the holder. Replaces the lock of a holder that is dead or
 * belongs to an earlier boot of this host. Throws LockHeldError when the holder is alive.
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

/** Removes temporary files beside the lock at `path` whose processes were killed while they took the lock. */
export async function removeAbandonedLockFiles(path: string): Promise<void> {
  const [folder, lock] = [dirname(path), basename(path)];
  const isDraft = (name: string): boolean =>
    name.startsWith(`${lock}.`) && /^(\.taking)*\.[0-9a-f]{12}$/.test(name.slice(lock.length));
  for (const name of (await readdir(folder)).filter(isDraft)) {
    const draft = join(folder, name);
    if (await isAbandoned(draft)) await rm(draft, { force: true });
  }
}

async function isAbandoned(draft: string): Promise<boolean> {
  const id = parseProcessIdentity((await readTextFile(draft)) ?? '');
  // Without an id only the age counts: another process may be about to write its id.
  if (id === undefined) return isStale(draft).catch(() => false);
  return findProcessState(id) !== 'alive';
}

/** Creates the lock by a hard link, which appears with its whole content and only where no file exists. */
async function linkOverDead(draft: string, path: string): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    if (await tryLink(draft, path)) return;
    const holder = await readTextFile(path);
    if (holder !== undefined) await removeDead(path, holder);
  }
  throw new LockHeldError(`${path}: several processes tried to take the lock at the same time; try again`);
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

/** Removes a dead holder's lock, under a second lock: a slow process must not remove the lock of a faster one. */
async function removeDead(path: string, holder: string): Promise<void> {
  const id = parseProcessIdentity(holder);
  if (id !== undefined && findProcessState(id) === 'alive') {
    throw new LockHeldError(`${path}: process ${id.pid} is already running and holds the lock`);
  }
  const guard = await takeProcessLock(`${path}.taking`);
  try {
    if ((await readTextFile(path)) === holder) await rm(path, { force: true });
  } finally {
    await guard.release();
  }
}
