import { mkdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbandoned } from '../../image-builder/cleanup/leftovers.ts';
import type { Maker, Recorder, RunSettings } from '../../image-builder/context.ts';
import { InputError } from '../../model/errors.ts';
import { messageOf } from '../../model/text/message-of.ts';
import { OWNER_KEYS } from '../../model/owner.ts';
import { errorCodeOf } from '../../system/error-code.ts';
import { listFolder } from '../../system/files/folders.ts';
import { LONGEST_SOCKET_PATH } from '../../system/process/qemu-monitor.ts';

const PREFIX = 'build-local.';
const GIB = 1024 ** 3;

/** The files of a local build. */
export const FILES = {
  disk: 'disk.qcow2',
  seed: 'seed.iso',
  console: 'console.log',
  monitor: 'monitor',
} as const;

type SweepContext = Pick<RunSettings, 'clock' | 'findProcessState'> & Pick<Recorder, 'warn'>;

/**
 * Deletes the folders of builds whose process has ended without deleting them. The name of a folder has the identity of
 * its process. QEMU ends with that process. Returns the deleted paths.
 */
export async function sweepWorkFolders(parent: string, context: SweepContext): Promise<readonly string[]> {
  const swept: string[] = [];
  for (const name of await listFolder(parent)) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(parent, name);
    try {
      const createdAt = (await stat(path)).mtime.toISOString();
      if (!isAbandoned({ [OWNER_KEYS.process]: name.slice(PREFIX.length) }, createdAt, context)) continue;
      await rm(path, { recursive: true, force: true });
      swept.push(path);
    } catch (error) {
      context.warn(`${path}, which a stopped build left, cannot be deleted: ${messageOf(error)}`);
    }
  }
  return swept;
}

/** Throws InputError unless `path`, which an option names, is a folder. */
export async function requireFolder(option: string, path: string): Promise<void> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new InputError([`${option}: expected a folder that exists, got ${path}`]);
}

/** Creates the folder of this process, which only its user can read. Throws InputError. */
export async function createWorkFolder(parent: string, { process }: Pick<Maker, 'process'>): Promise<string> {
  const path = join(parent, `${PREFIX}${process}`);
  if (Buffer.byteLength(join(path, FILES.monitor)) > LONGEST_SOCKET_PATH) {
    throw new InputError([
      `--work-folder: expected a shorter path, because sockets are created below it, got ${parent}`,
    ]);
  }
  try {
    await mkdir(path, { mode: 0o700 });
    return path;
  } catch (cause) {
    const reason = errorCodeOf(cause) ?? messageOf(cause);
    throw new InputError([`--work-folder: no folder can be created in ${parent} (${reason})`], { cause });
  }
}

/** Throws InputError when a disk of so many GiB and half as much for its compressed copy do not fit. */
export async function requireFreeSpace(folder: string, diskGib: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const [free, needed] = [bavail * bsize, diskGib * 1.5 * GIB];
  if (free >= needed) return;
  const gib = (bytes: number): string => (bytes / GIB).toFixed(1);
  throw new InputError([
    `${folder}: expected ${gib(needed)} GiB of free space, got ${gib(free)} GiB; ` +
      'set --work-folder to a larger disk, or lower --disk',
  ]);
}
