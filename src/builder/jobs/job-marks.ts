import { access, stat } from 'node:fs/promises';
import type { UnitPaths } from '../../model/unit-paths.ts';
import { errorCodeOf } from '../../system/error-code.ts';
import { writeFileAtomic } from '../../system/files/text-file.ts';
import { type ProcessIdentity, encodeProcessIdentity } from '../../system/process/process-identity.ts';
import { jobFiles } from './job-files.ts';

/** Notes that a job has a process: one that was only ordered leaves the same files, but empty. */
export async function markStarted(
  paths: UnitPaths,
  buildId: string,
  process: ProcessIdentity | undefined,
): Promise<void> {
  const text = process === undefined ? '' : encodeProcessIdentity(process);
  await writeMark(jobFiles(paths, buildId).started, text);
}

/** Has a job ever had a process? An order alone is none, however its daemon ended. */
export async function hasStarted(paths: UnitPaths, buildId: string): Promise<boolean> {
  const { started, result, progress } = jobFiles(paths, buildId);
  if (await isThere(started)) return true;
  return (await sizeOf(result)) + (await sizeOf(progress)) > 0;
}

/** When a job that has ended wrote its result, in epoch milliseconds; `undefined`: there is none. */
export async function findJobEnd(paths: UnitPaths, buildId: string): Promise<number | undefined> {
  const seen = await stat(jobFiles(paths, buildId).result).catch(() => undefined);
  return seen === undefined ? undefined : Math.floor(seen.mtimeMs);
}

/** Writes a mark into a job's folder, if there is one. */
export async function writeMark(path: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(path, text, 0o600);
  } catch (error) {
    if (errorCodeOf(error) !== 'ENOENT') throw error; // it never had a folder, or was tidied away
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function sizeOf(path: string): Promise<number> {
  const seen = await stat(path).catch(() => undefined);
  return seen?.size ?? 0;
}
