import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { findJobOrder, jobFiles } from '../builder/job-files.ts';
import type { OngoingJob } from '../model/ongoing-job.ts';
import type { UnitPaths } from '../model/unit-paths.ts';
import { errorCodeOf } from '../system/error-code.ts';
import { writeFileAtomic } from '../system/files.ts';
import { listFolder } from '../system/folders.ts';

/** Jobs whose end no daemon has taken into the journal: they run, or ended while none was there to see it. */
export async function listUnsettledJobs(paths: UnitPaths): Promise<readonly OngoingJob[]> {
  const names = await listFolder(paths.jobs);
  const found = await Promise.all(names.map((buildId) => findUnsettled(paths, buildId)));
  return found.filter((job) => job !== undefined);
}

/** Notes that a job's end is in the journal. */
export async function markSettled(paths: UnitPaths, buildId: string): Promise<void> {
  try {
    await writeFileAtomic(markOf(paths, buildId), '', 0o600);
  } catch (error) {
    if (errorCodeOf(error) !== 'ENOENT') throw error; // it never had a folder, or was tidied away
  }
}

async function findUnsettled(paths: UnitPaths, buildId: string): Promise<OngoingJob | undefined> {
  if (await isThere(markOf(paths, buildId))) return undefined;
  const order = await findJobOrder(jobFiles(paths, buildId));
  return order?.buildId === buildId ? { ...order, startedAt: Date.parse(order.startedAt) } : undefined;
}

function markOf(paths: UnitPaths, buildId: string): string {
  return join(jobFiles(paths, buildId).folder, 'settled');
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
