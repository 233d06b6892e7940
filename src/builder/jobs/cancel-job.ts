import { type Decoded, decode, fields, integer, text } from '../../model/decode.ts';
import { InputError } from '../../model/errors.ts';
import { parseJsonText } from '../../model/text/json-text.ts';
import type { UnitPaths } from '../../model/unit/unit-paths.ts';
import { readTextFile } from '../../system/files/text-file.ts';
import { signalProcess } from '../../system/process/processes.ts';
import type { BuilderTools, JobOutcome, JobPlace } from '../tools.ts';
import { jobFiles } from './job-files.ts';
import { writeMark } from './job-marks.ts';
import { findJobProcesses } from './job-processes.ts';

/** The time for the clean-up of a job that was asked to stop, after which it is killed. */
export const CLEAN_UP_TIMEOUT_MS = 1_800_000;

/** The mark of a job that an action cancelled: the action's task id, and the time in epoch milliseconds. */
const mark = fields({ action: text, at: integer });

/**
 * Asks a running job to stop and to undo what it made. Kills it when it has not ended half an hour after the first
 * request. The job keeps the mark, so that its outcome counts as cancelled and not as failed.
 */
export async function cancelJob(
  buildId: string,
  action: string,
  { clock, ...place }: JobPlace & Pick<BuilderTools, 'clock'>,
): Promise<void> {
  const processes = await findJobProcesses(place);
  const found = processes.find(({ job }) => job.buildId === buildId);
  if (found === undefined) return;
  const before = await findCancelMark(place.paths, buildId);
  if (before === undefined)
    await writeMark(
      jobFiles(place.paths, buildId).cancelled,
      `${JSON.stringify({ action, at: clock.now() })}\n`,
    );
  const isOverdue = before !== undefined && clock.now() - before.at >= CLEAN_UP_TIMEOUT_MS;
  signalProcess(found.identity, isOverdue ? 'SIGKILL' : 'SIGTERM'); // the program ignores a second SIGTERM
}

/** Returns the mark of a cancelled job; undefined for any other job. */
export async function findCancelMark(
  paths: UnitPaths,
  buildId: string,
): Promise<Decoded<typeof mark> | undefined> {
  const json = await readTextFile(jobFiles(paths, buildId).cancelled);
  if (json === undefined) return undefined;
  return decode(mark, parseJsonText(json, 'cancelled'), 'cancelled', (problems) => new InputError(problems));
}

/** Adds to the outcome of a job the action that cancelled it. A job that was done by then stays done. */
export async function addCancellation(
  outcome: JobOutcome,
  paths: UnitPaths,
  buildId: string,
): Promise<JobOutcome> {
  if (outcome.state === 'done') return outcome;
  const cancelledBy = (await findCancelMark(paths, buildId))?.action;
  return cancelledBy === undefined ? outcome : { ...outcome, kind: 'cancelled', cancelledBy };
}
