import { access, stat } from 'node:fs/promises';
import type { UnitPaths } from '../../model/unit/unit-paths.ts';
import { errorCodeOf } from '../../system/error-code.ts';
import { writeFileAtomic } from '../../system/files/text-file.ts';
import { type ProcessIdentity, encodeProcessIdentity } from '../../system/process/process-identity.ts';
import { jobFiles } from './job-files.ts';

/** Marks that a job has a process. A job that was only ordered may leave the same files, but empty. */
export async function markStarted(
  paths: UnitPaths,
  buildId: string,
  process: ProcessIdentity | undefined,
): Promise<void> {
  const text = process === undefined ? '' : encodeProcessIdentity(process);
  await writeMark(jobFiles(paths, buildId).started, text);
}

/** Reports whether a job ever had a process. An order alone does not count. */
export async function hasStarted(paths: UnitPaths, buildId: string): Promise<boolean> {
  const { started, result, progress } = jobFiles(paths, buildId);
  if (await isThere(started)) return true;
  return (await sizeOf(result)) + (await sizeOf(progress)) > 0;
}

/** Returns the time of the result of an ended job, in epoch milliseconds; undefined when there is no result. */
export async function findJobEnd(paths: UnitPaths, buildId: string): Promise<number | undefined> {
  const stats = await stat(jobFiles(paths, buildId).result).catch(() => undefined);
  return stats === undefined ? undefined : Math.floor(stats.mtimeMs);
}

/** Writes a mark into a job's folder. Does nothing when the folder does not exist. */
export async function writeMark(path: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(path, text, 0o600);
  } catch (error) {
    if (errorCodeOf(error) !== 'ENOENT') throw error; // the folder was never created, or was tidied away
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function sizeOf(path: string): Promise<number> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.size ?? 0;
}
