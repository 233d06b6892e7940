import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import { signalProcess } from '../../system/process/processes.ts';
import { findJobProcesses, findObservationProcesses } from './job-processes.ts';
import type { JobPlace } from '../tools.ts';

/** Lists the running jobs of this unit, oldest first. */
export async function listOngoingJobs(place: JobPlace): Promise<readonly OngoingJob[]> {
  const jobs = (await findJobProcesses(place)).map(({ job }) => job);
  return jobs.toSorted((one, other) => one.startedAt - other.startedAt);
}

/** Kills the observations of this unit, which change nothing in the clouds. */
export async function killObservations(place: JobPlace): Promise<void> {
  for (const identity of await findObservationProcesses(place)) signalProcess(identity, 'SIGKILL');
}

/** Asks every job of this unit to stop and clean up, and kills its observations. Returns the number of jobs. */
export async function stopJobs(place: JobPlace): Promise<number> {
  await killObservations(place);
  const processes = await findJobProcesses(place);
  return processes.filter(({ identity }) => signalProcess(identity, 'SIGTERM')).length;
}
