import { stat } from 'node:fs/promises';
import type { Clock } from '../model/clock.ts';

export interface FileWatch {
  readonly paths: readonly string[];
  readonly intervalMs: number;
  readonly clock: Clock;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** Called with each path whose file was replaced, changed, made or removed since the last look. */
  readonly onChange: (path: string) => void;
}

/**
 * Looks at files again and again; resolves when the first look is done, `ended` when the signal has ended the watch. It
 * polls: inotify follows an inode and not a name, and these files are replaced by renames.
 */
export async function watchFiles(watch: FileWatch): Promise<{ readonly ended: Promise<void> }> {
  return { ended: keepLooking(watch, await look(watch.paths)) };
}

async function keepLooking(watch: FileWatch, first: readonly string[]): Promise<void> {
  let seen = first;
  while (await sleepUnlessAborted(watch)) {
    const now = await look(watch.paths);
    for (const [index, path] of watch.paths.entries()) {
      if (now[index] !== seen[index]) watch.onChange(path);
    }
    seen = now;
  }
}

function look(paths: readonly string[]): Promise<readonly string[]> {
  return Promise.all(paths.map(readFingerprint));
}

/** With the inode: of two files written within one tick of the disk's clock each has its own. */
async function readFingerprint(path: string): Promise<string> {
  try {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true });
    return [ino, mtimeNs, size].map(String).join(' ');
  } catch {
    return 'none'; // whoever reads it tells why
  }
}

async function sleepUnlessAborted({ clock, intervalMs, signal }: FileWatch): Promise<boolean> {
  try {
    await clock.sleep(intervalMs, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
