import { access, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnitPaths } from '../../model/unit-paths.ts';
import { isStale } from '../../system/files/text-file.ts';
import { listFolder } from '../../system/files/folders.ts';
import { jobFiles } from './job-files.ts';
import { findJobProcesses } from './job-processes.ts';
import { isLookId } from '../observe.ts';
import type { JobPlace } from '../tools.ts';

/** The number of ended jobs whose files are kept. */
const KEPT_JOBS = 30;

/**
 * Deletes the files of old jobs whose ends are in the journal, except the newest 30; and those of looks whose daemon
 * died. The files of running jobs stay, and those of a job that begins or has a result that was not read. A file that
 * cannot be deleted does not stop the others; the first such failure is thrown at the end.
 */
export async function tidyJobs(place: JobPlace): Promise<void> {
  const { paths } = place;
  const names = await listFolder(paths.jobs);
  const spare = [...(await listDeadLooks(paths, names)), ...(await listOldJobs(place, names))];
  const removals = await Promise.allSettled(
    spare.map((name) => rm(join(paths.jobs, name), { recursive: true, force: true })),
  );
  const failed = removals.find((removal) => removal.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function listDeadLooks(paths: UnitPaths, names: readonly string[]): Promise<readonly string[]> {
  const dead = names.filter(isLookId).map(async (name) => {
    const isDead = await isStale(join(paths.jobs, name)).catch(() => false); // its own daemon may have removed it
    return isDead ? [name] : [];
  });
  return (await Promise.all(dead)).flat();
}

async function listOldJobs(place: JobPlace, names: readonly string[]): Promise<readonly string[]> {
  if (names.length <= KEPT_JOBS) return [];
  const settled = (await Promise.all(names.map((name) => findSettled(place.paths, name)))).flat();
  const old = settled.toSorted((one, other) => other.time - one.time).slice(KEPT_JOBS);
  if (old.length === 0) return [];
  const running = new Set((await findJobProcesses(place)).map(({ job }) => job.buildId));
  return old.flatMap(({ name }) => (running.has(name) ? [] : [name]));
}

async function findSettled(paths: UnitPaths, name: string) {
  try {
    const { folder, recorded: settled } = jobFiles(paths, name);
    await access(settled);
    return [{ name, time: (await stat(folder)).mtimeMs }];
  } catch {
    return []; // not settled, or no job's folder
  }
}
