import { DeadlineError } from '../../model/errors.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import { listCopiesOf } from '../../model/job/progress-lines.ts';
import { readTextFile } from '../../system/files/text-file.ts';
import { readFileTail } from '../../system/files/file-tail.ts';
import { findProcessState } from '../../system/process/process-identity.ts';
import { ageMsOf, signalProcess } from '../../system/process/processes.ts';
import { withDeadline } from '../../system/wait.ts';
import { CLEAN_UP_TIMEOUT_MS, addCancellation } from './cancel-job.ts';
import { jobFiles } from './job-files.ts';
import { markStarted } from './job-marks.ts';
import { TAIL_BYTES } from './read-step.ts';
import { findJobProcesses } from './job-processes.ts';
import { parseJobResult } from './job-result.ts';
import type { Job } from './start-job.ts';
import type { BuilderTools, JobOutcome } from '../tools.ts';

const HOUR_MS = 3_600_000;

/** The time after which a job is asked to stop. */
const JOB_TIMEOUT_MS = 8 * HOUR_MS;

/**
 * Waits until a job has ended and returns its outcome. Throws CancelledError when the daemon stops; the job continues.
 */
export async function awaitJob(job: Job, tools: BuilderTools): Promise<JobOutcome> {
  const isOurChild = job.ended !== undefined;
  // a lost mark is harmless: the progress of the job shows that it was started
  if (isOurChild) await markStarted(tools.paths, job.buildId, job.process).catch(() => undefined);
  const copies = await waitForEnd(job, tools);
  const outcome = await addCancellation(await readOutcome(job, tools), tools.paths, job.buildId);
  if (copies === undefined || outcome.state === 'done') return outcome;
  const message = `did not end within ${JOB_TIMEOUT_MS / HOUR_MS} h and was stopped: ${outcome.message}`;
  return { ...outcome, kind: 'unavailable', message, copyingTo: copies };
}

/** Waits for the end of a job that an earlier daemon started. */
export async function adoptJob(ongoing: OngoingJob, tools: BuilderTools): Promise<JobOutcome> {
  const processes = await findJobProcesses(tools);
  const found = processes.find(({ job }) => job.buildId === ongoing.buildId);
  return awaitJob({ ...ongoing, process: found?.identity, ended: undefined }, tools);
}

/** Waits for the end of a job. Returns the clouds that it was copying to when it had to be stopped. */
async function waitForEnd(job: Job, tools: BuilderTools): Promise<readonly string[] | undefined> {
  const { process } = job;
  const end = (signal: AbortSignal): Promise<void> => job.ended ?? pollUntilGone(job, tools, signal);
  if (process === undefined) {
    await end(tools.signal);
    return undefined;
  }
  const age = job.ended === undefined ? ageMsOf(process) : 0;
  if (await endsWithin(Math.max(0, JOB_TIMEOUT_MS - age), end, tools)) return undefined;
  const copies = listCopiesOf(await readFileTail(jobFiles(tools.paths, job.buildId).progress, TAIL_BYTES));
  signalProcess(process, 'SIGTERM');
  if (await endsWithin(CLEAN_UP_TIMEOUT_MS, end, tools)) return copies;
  signalProcess(process, 'SIGKILL');
  await end(tools.signal);
  return copies;
}

async function endsWithin(
  timeoutMs: number,
  end: (signal: AbortSignal) => Promise<void>,
  { clock, signal }: BuilderTools,
): Promise<boolean> {
  const deadline = new DeadlineError('the job did not end');
  try {
    await withDeadline(end, { timeoutMs, clock, signal }, () => deadline);
    return true;
  } catch (error) {
    if (error === deadline) return false;
    throw error;
  }
}

async function pollUntilGone({ process }: Job, tools: BuilderTools, signal: AbortSignal): Promise<void> {
  while (process !== undefined && findProcessState(process) === 'alive') {
    await tools.clock.sleep(tools.pollIntervalMs, signal);
  }
}

async function readOutcome({ kind, buildId }: Job, { paths }: BuilderTools): Promise<JobOutcome> {
  const { folder, result, progress } = jobFiles(paths, buildId);
  const log = await readFileTail(progress, TAIL_BYTES);
  const lastLine = lastLineOf(log.slice(-4096));
  const hint = `${lastLine.slice(0, 200)} (see ${folder})`.trim();
  const outcome = parseJobResult(kind, (await readTextFile(result)) ?? '', hint);
  const isKilled = outcome.state === 'failed' && outcome.result === undefined;
  return isKilled ? { ...outcome, copyingTo: listCopiesOf(log) } : outcome;
}

function lastLineOf(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').at(-1) ?? '';
}
