import type { OngoingJob } from '../../model/ongoing-job.ts';
import { signalProcess } from '../../system/process/processes.ts';
import { findJobProcesses } from './job-processes.ts';
import type { JobPlace } from '../tools.ts';

/** Lists the running jobs of this unit, oldest first. */
export async function listOngoingJobs(place: JobPlace): Promise<readonly OngoingJob[]> {
  const jobs = (await findJobProcesses(place)).map(({ job }) => job);
  return jobs.toSorted((one, other) => one.startedAt - other.startedAt);
}

/** Asks every job of this unit to stop and clean up. Returns the number of jobs. */
export async function stopJobs(place: JobPlace): Promise<number> {
  const processes = await findJobProcesses(place);
  return processes.filter(({ identity }) => signalProcess(identity, 'SIGTERM')).length;
}
