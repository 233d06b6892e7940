import { stat } from 'node:fs/promises';
import type { Clock } from '../../model/clock.ts';

export interface FileWatch {
  readonly paths: readonly string[];
  readonly intervalMs: number;
  readonly clock: Clock;
  /** Stops the watch. */
  readonly signal: AbortSignal;
  /** Receives each path whose file was created, changed, replaced or removed since the previous poll. */
  readonly onChange: (path: string) => void;
}

/**
 * Polls files for changes. Resolves after the first poll; `ended` resolves when the signal has stopped the watch. Polling
 * is needed because inotify follows an inode, and these files are replaced by renames.
 */
export async function watchFiles(watch: FileWatch): Promise<{ readonly ended: Promise<void> }> {
  return { ended: poll(watch, await readFingerprints(watch.paths)) };
}

async function poll(watch: FileWatch, first: readonly string[]): Promise<void> {
  let seen = first;
  while (await sleepUnlessAborted(watch)) {
    const now = await readFingerprints(watch.paths);
    for (const [index, path] of watch.paths.entries()) {
      if (now[index] !== seen[index]) watch.onChange(path);
    }
    seen = now;
  }
}

function readFingerprints(paths: readonly string[]): Promise<readonly string[]> {
  return Promise.all(paths.map(readFingerprint));
}

/** Includes the inode, since two files written within one tick of the disk's clock have the same time. */
async function readFingerprint(path: string): Promise<string> {
  try {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true });
    return [ino, mtimeNs, size].map(String).join(' ');
  } catch {
    return 'none'; // the reader of the file reports the error
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
