import type { OngoingJob } from '../model/ongoing-job.ts';
import { signalProcess, startTimeOf } from '../system/processes.ts';
import { findJobOrder, jobFiles } from './job-files.ts';
import { type JobProcess, findJobProcesses } from './job-processes.ts';
import type { JobPlace } from './tools.ts';

/** The jobs of this unit that run now, the oldest first. */
export async function listOngoingJobs(place: JobPlace): Promise<readonly OngoingJob[]> {
  const processes = await findJobProcesses(place);
  const jobs = await Promise.all(processes.map((process) => describe(process, place)));
  return jobs.sort((one, other) => one.startedAt - other.startedAt);
}

async function describe(process: JobProcess, { paths }: JobPlace): Promise<OngoingJob> {
  const { kind, buildId, subject, cloudIds, identity } = process;
  const order = await findJobOrder(jobFiles(paths, buildId));
  if (order?.kind !== kind || order.buildId !== buildId) {
    return { kind, buildId, subject, cloudIds, reason: '', startedAt: startTimeOf(identity) };
  }
  return { ...order, startedAt: Date.parse(order.startedAt) };
}

/** Tells every job of this unit to stop and clean up; gives how many there are. */
export async function stopJobs(place: JobPlace): Promise<number> {
  const processes = await findJobProcesses(place);
  return processes.filter(({ identity }) => signalProcess(identity, 'SIGTERM')).length;
}
