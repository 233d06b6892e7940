import { access, stat } from 'node:fs/promises';
import { jobFiles } from '../../builder/jobs/job-files.ts';
import { findJobEnd, hasStarted, writeMark } from '../../builder/jobs/job-marks.ts';
import { findOrderedJob } from '../../builder/jobs/job-processes.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import type { UnitPaths } from '../../model/unit/unit-paths.ts';
import { listFolder } from '../../system/files/folders.ts';

/** A job whose end is not in the journal. */
export interface UnrecordedJob extends OngoingJob {
  /** The time of its result in epoch milliseconds. Undefined when the job runs or the time is not known. */
  readonly endedAt: number | undefined;
}

/**
 * Lists the jobs whose ends are not in the journal, in the order of their ends: running jobs, and jobs that ended while no
 * daemon was running. A job that never had a process is left out, because it did nothing and the plan orders it again.
 */
export async function listUnrecordedJobs(paths: UnitPaths): Promise<readonly UnrecordedJob[]> {
  const names = await listFolder(paths.jobs);
  const found = await Promise.all(names.map((name) => findUnrecorded(paths, name).catch(() => undefined)));
  return found
    .filter((job) => job !== undefined)
    .toSorted((one, other) => (one.endedAt ?? 0) - (other.endedAt ?? 0));
}

/** Lists the files and folders among the jobs that cannot be read as a job. */
export async function listUnknownFolders(paths: UnitPaths): Promise<readonly string[]> {
  const names = await listFolder(paths.jobs);
  const unknown = await Promise.all(
    names.map(async (name) => ((await isUnknownFolder(paths, name)) ? [name] : [])),
  );
  return unknown.flat();
}

/** Marks a job whose end is in the journal. */
export async function markRecorded(paths: UnitPaths, buildId: string): Promise<void> {
  await writeMark(jobFiles(paths, buildId).recorded, '');
}

async function isUnknownFolder(paths: UnitPaths, name: string): Promise<boolean> {
  try {
    await findUnrecorded(paths, name);
    return !(await stat(jobFiles(paths, name).folder)).isDirectory();
  } catch {
    return true;
  }
}

async function findUnrecorded(paths: UnitPaths, buildId: string): Promise<UnrecordedJob | undefined> {
  const files = jobFiles(paths, buildId);
  if (await exists(files.recorded)) return undefined;
  const job = await findOrderedJob(paths, buildId);
  if (job === undefined || !(await hasStarted(paths, buildId))) return undefined;
  return { ...job, endedAt: await findJobEnd(paths, buildId) };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
