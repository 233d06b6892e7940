import { stat } from 'node:fs/promises';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import { type JobStep, listSteps } from '../../model/job/progress-lines.ts';
import { errorCodeOf } from '../../system/error-code.ts';
import { readFileTail } from '../../system/files/file-tail.ts';
import { listFolder } from '../../system/files/folders.ts';
import { readTextFile } from '../../system/files/text-file.ts';
import { isObservationId } from '../observe.ts';
import type { JobOutcome, JobPlace } from '../tools.ts';
import { addCancellation, findCancelMark } from './cancel-job.ts';
import { jobFiles } from './job-files.ts';
import { hasStarted } from './job-marks.ts';
import { findJobProcesses, findOrderedJob } from './job-processes.ts';
import { parseJobResult } from './job-result.ts';
import { TAIL_BYTES } from './read-step.ts';

/** A job of this unit whose files still exist. `tidyJobs` keeps those of the newest. */
export interface PastJob {
  readonly job: OngoingJob;
  /** Reports whether an action asked the job to stop. */
  readonly isCancelled: boolean;
  /** Undefined while the job runs. */
  readonly end: { readonly outcome: JobOutcome; /** Epoch milliseconds. */ readonly at: number } | undefined;
}

/** Lists the jobs of this unit that run or have ended, the newest first. */
export async function listPastJobs(place: JobPlace): Promise<readonly PastJob[]> {
  const names = (await listFolder(place.paths.jobs)).filter((name) => !isObservationId(name));
  const jobs = await readPastJobs(names, place);
  return jobs.toSorted((one, other) => other.job.startedAt - one.job.startedAt);
}

/** Finds a job of this unit by its id. */
export async function findPastJob(buildId: string, place: JobPlace): Promise<PastJob | undefined> {
  const names = await listFolder(place.paths.jobs); // the id may be any text, so it must be one of these
  if (isObservationId(buildId) || !names.includes(buildId)) return undefined;
  const [job] = await readPastJobs([buildId], place);
  return job;
}

/** Returns the last `maximum` bytes of a job's log, which has a JSON object on each line. */
export function readJobLog(buildId: string, maximum: number, { paths }: JobPlace): Promise<string> {
  return readFileTail(jobFiles(paths, buildId).progress, maximum);
}

/** Returns the last steps of a job, the oldest first. */
export async function readSteps(
  buildId: string,
  place: Pick<JobPlace, 'paths'>,
): Promise<readonly JobStep[]> {
  return listSteps(await readFileTail(jobFiles(place.paths, buildId).progress, TAIL_BYTES));
}

/** Names the outcome of a job for people. */
export function nameOutcome(outcome: JobOutcome): string {
  if (outcome.state === 'done') return 'succeeded';
  if (outcome.cancelledBy !== undefined) return 'cancelled';
  return outcome.kind === 'partial' ? 'built, but not copied everywhere' : 'failed';
}

/** The ids of jobs by their state. */
interface JobStates {
  readonly started: ReadonlySet<string>;
  readonly running: ReadonlySet<string>;
}

/**
 * Reads the jobs that run or have ended. The marks are read before the processes, and the results after them. Otherwise a
 * job that starts in between would have a mark and no process, like a job that was killed.
 */
async function readPastJobs(names: readonly string[], place: JobPlace): Promise<readonly PastJob[]> {
  const marks = names.map(async (name) => ((await hasStarted(place.paths, name)) ? [name] : []));
  const started = new Set((await Promise.all(marks)).flat());
  const running = new Set((await findJobProcesses(place)).map(({ job }) => job.buildId));
  const jobs = await Promise.all(names.map((name) => readPastJob(name, { started, running }, place)));
  return jobs.flatMap((job) => job ?? []);
}

async function readPastJob(
  name: string,
  { started, running }: JobStates,
  { paths }: Pick<JobPlace, 'paths'>,
): Promise<PastJob | undefined> {
  const job = await findOrderedJob(paths, name);
  if (job === undefined) return undefined;
  const isCancelled = (await findCancelMark(paths, name)) !== undefined;
  if (running.has(name)) return { job, isCancelled, end: undefined };
  if (!started.has(name)) return undefined;
  const { result, progress } = jobFiles(paths, name);
  const parsed = parseJobResult(job.kind, (await readTextFile(result)) ?? '', '');
  const outcome = await addCancellation(parsed, paths, name);
  return {
    job,
    isCancelled,
    end: { outcome, at: Math.max(await findChange(result), await findChange(progress)) },
  };
}

/** Returns the time of the last change of a file; 0 when it does not exist. */
async function findChange(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return 0;
    throw error;
  }
}
