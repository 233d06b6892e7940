import type { OngoingJob } from '../../model/ongoing-job.ts';
import { signalProcess } from '../../system/process/processes.ts';
import { findJobProcesses } from './job-processes.ts';
import type { JobPlace } from '../tools.ts';

/** Lists the jobs of this unit that run now, the oldest first. */
export async function listOngoingJobs(place: JobPlace): Promise<readonly OngoingJob[]> {
  const jobs = (await findJobProcesses(place)).map(({ job }) => job);
  return jobs.toSorted((one, other) => one.startedAt - other.startedAt);
}

/** Asks every job of this unit to stop and clean up; returns their number. */
export async function stopJobs(place: JobPlace): Promise<number> {
  const processes = await findJobProcesses(place);
  return processes.filter(({ identity }) => signalProcess(identity, 'SIGTERM')).length;
}
