import { access, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnitPaths } from '../../model/unit/unit-paths.ts';
import { isStale } from '../../system/files/text-file.ts';
import { listFolder } from '../../system/files/folders.ts';
import { jobFiles } from './job-files.ts';
import { findJobProcesses } from './job-processes.ts';
import { isObservationId } from '../observe.ts';
import type { JobPlace } from '../tools.ts';

/** The number of ended jobs whose files are kept. */
const KEPT_JOBS = 30;

/**
 * Deletes the files of recorded jobs except the newest 30, and those of observations whose daemon died. Keeps the files
 * of jobs that run, are being started or are not recorded yet. When a folder cannot be deleted, the others are deleted
 * all the same and the first failure is thrown at the end.
 */
export async function tidyJobs(place: JobPlace): Promise<void> {
  const { paths } = place;
  const names = await listFolder(paths.jobs);
  const removable = [...(await listStaleObservations(paths, names)), ...(await listOldJobs(place, names))];
  const removals = await Promise.allSettled(
    removable.map((name) => rm(join(paths.jobs, name), { recursive: true, force: true })),
  );
  const failed = removals.find((removal) => removal.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function listStaleObservations(paths: UnitPaths, names: readonly string[]): Promise<readonly string[]> {
  const stale = names.filter(isObservationId).map(async (name) => {
    const isLeftOver = await isStale(join(paths.jobs, name)).catch(() => false); // its own daemon may have removed it
    return isLeftOver ? [name] : [];
  });
  return (await Promise.all(stale)).flat();
}

async function listOldJobs(place: JobPlace, names: readonly string[]): Promise<readonly string[]> {
  if (names.length <= KEPT_JOBS) return [];
  const recorded = (await Promise.all(names.map((name) => findRecorded(place.paths, name)))).flat();
  const old = recorded.toSorted((one, other) => other.time - one.time).slice(KEPT_JOBS);
  if (old.length === 0) return [];
  const running = new Set((await findJobProcesses(place)).map(({ job }) => job.buildId));
  return old.flatMap(({ name }) => (running.has(name) ? [] : [name]));
}

async function findRecorded(paths: UnitPaths, name: string) {
  try {
    const { folder, recorded } = jobFiles(paths, name);
    await access(recorded);
    return [{ name, time: (await stat(folder)).mtimeMs }];
  } catch {
    return []; // not recorded, or not the folder of a job
  }
}
