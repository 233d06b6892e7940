import { access, stat } from 'node:fs/promises';
import { jobFiles } from '../../builder/jobs/job-files.ts';
import { findJobEnd, hasStarted, writeMark } from '../../builder/jobs/job-marks.ts';
import { findOrderedJob } from '../../builder/jobs/job-processes.ts';
import type { OngoingJob } from '../../model/ongoing-job.ts';
import type { UnitPaths } from '../../model/unit-paths.ts';
import { listFolder } from '../../system/files/folders.ts';

/** A job whose end is not in the journal. */
export interface UnrecordedJob extends OngoingJob {
  /** When it wrote its result, in epoch milliseconds, if it does not run any more; absent: not known. */
  readonly endedAt: number | undefined;
}

/**
 * Jobs whose end no daemon has taken into the journal: they run, or ended while none was there to see it; the oldest
 * end first. An order that never had a process is dropped: nothing was done, and the plan orders it anew.
 */
export async function listUnrecordedJobs(paths: UnitPaths): Promise<readonly UnrecordedJob[]> {
  const names = await listFolder(paths.jobs);
  const found = await Promise.all(names.map((name) => findUnsettled(paths, name).catch(() => undefined)));
  return found
    .filter((job) => job !== undefined)
    .toSorted((one, other) => (one.endedAt ?? 0) - (other.endedAt ?? 0));
}

/** What lies among the jobs' folders and is none that can be read: it is left alone. */
export async function listUnknownFolders(paths: UnitPaths): Promise<readonly string[]> {
  const names = await listFolder(paths.jobs);
  const strays = await Promise.all(names.map(async (name) => ((await isStray(paths, name)) ? [name] : [])));
  return strays.flat();
}

/** Notes that a job's end is in the journal. */
export async function markRecorded(paths: UnitPaths, buildId: string): Promise<void> {
  await writeMark(jobFiles(paths, buildId).recorded, '');
}

async function isStray(paths: UnitPaths, name: string): Promise<boolean> {
  try {
    await findUnsettled(paths, name);
    return !(await stat(jobFiles(paths, name).folder)).isDirectory();
  } catch {
    return true;
  }
}

async function findUnsettled(paths: UnitPaths, buildId: string): Promise<UnrecordedJob | undefined> {
  const files = jobFiles(paths, buildId);
  if (await isThere(files.recorded)) return undefined;
  const job = await findOrderedJob(paths, buildId);
  if (job === undefined || !(await hasStarted(paths, buildId))) return undefined;
  return { ...job, endedAt: await findJobEnd(paths, buildId) };
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
