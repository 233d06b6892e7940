import type { JobOutcome } from '../../builder/tools.ts';
import type { DesiredState } from '../../model/desired-state.ts';
import type { OngoingJob } from '../../model/ongoing-job.ts';
import {
  type FailedJob,
  type JobKey,
  forgetFailure,
  rememberEnded,
  rememberFailure,
  rememberSuccess,
} from './back-off.ts';
import { type ResultSummary, summarizeResult } from '../jobs/summarize-result.ts';
import { type Journal, failureKey } from './journal.ts';
import { settingsOf } from '../plan/plan-settings.ts';

/** The settings at the start of a job. For an adopted job, the settings at the time when it was found. */
export interface JobContext {
  readonly desired: DesiredState;
  readonly intervalHours: number;
}

/** A job that ended at `now`, in epoch milliseconds. */
export interface EndedJob {
  readonly job: OngoingJob;
  readonly outcome: JobOutcome;
  readonly context: JobContext;
  readonly now: number;
  /** A new random number between 0 and 1. */
  readonly random01: number;
  /** True when the job ended before this daemon started: the journal may contain the end already. */
  readonly isLeftBehind?: boolean;
  /** True when the job never had a process: an action that requested the build still waits for it. */
  readonly neverStarted?: boolean;
}

type FailedOutcome = Extract<JobOutcome, { readonly state: 'failed' }>;
type FailureReason = Pick<FailedJob, 'errorKind' | 'message'>;

/** Adds the end of a job to the journal. */
export function recordJobEnd(journal: Journal, ended: EndedJob): Journal {
  const { job, outcome } = ended;
  if (ended.isLeftBehind === true && isRecorded(journal, ended)) return journal;
  switch (job.kind) {
    case 'build': {
      const recorded = recordBuild(journal, ended);
      return ended.neverStarted === true ? recorded : rememberEnded(recorded, job.buildId);
    }
    case 'copy':
      return recordCopies(journal, ended, outcome.state === 'failed' ? outcome : undefined);
    case 'prepare':
      return recordOne(journal, ended, '');
    case 'prune':
      return job.cloudIds.reduce((later, cloudId) => recordOne(later, ended, cloudId), journal);
  }
}

/**
 * Reports whether the journal contains the end of this job or a later one. The end of a job is one write, so that one
 * entry of it proves the others.
 */
function isRecorded(journal: Journal, { job, now }: EndedJob): boolean {
  const { kind, subject, buildId } = job;
  if (kind === 'build') return journal.endedBuilds.includes(buildId);
  const clouds = kind === 'prepare' ? [''] : job.cloudIds;
  const times = clouds.flatMap((cloudId) => {
    const key = failureKey({ kind, subject, cloudId });
    const failedAt = Date.parse(journal.failures[key]?.failedAt ?? '');
    return [failedAt, kind === 'prune' ? timeOf(journal.pruned[key]) : Number.NaN];
  });
  const preparedAt = kind === 'prepare' ? timeOf(journal.preparedAt[subject]) : Number.NaN;
  return [...times, preparedAt].some((time) => time >= now);
}

function timeOf(entry: number | { readonly at: number } | undefined): number {
  return typeof entry === 'object' ? entry.at : (entry ?? Number.NaN);
}

/** Reports whether the build created its image. The image can be copied later to clouds that it did not reach. */
function hasBuilt(outcome: JobOutcome): boolean {
  return outcome.state === 'done' || outcome.kind === 'partial';
}

function recordBuild(journal: Journal, ended: EndedJob): Journal {
  if (!hasBuilt(ended.outcome)) return recordOne(journal, ended, '');
  const key = { kind: 'build', subject: ended.job.subject, cloudId: '' } as const;
  return recordCopies(recordSuccess(journal, ended, key), ended, undefined);
}

/** Records each cloud separately. `whole` is the failure of the clouds that the result does not mention. */
function recordCopies(journal: Journal, ended: EndedJob, whole: FailedOutcome | undefined): Journal {
  const result = summarizeResult(ended.outcome);
  return ended.job.cloudIds.reduce((later, cloudId) => {
    const reason = findFailureReason(result, cloudId, whole);
    const key = { kind: 'copy', subject: ended.job.subject, cloudId } as const;
    return reason === undefined ? forgetFailure(later, key) : recordFailure(later, ended, key, reason);
  }, journal);
}

function findFailureReason(
  result: ResultSummary,
  cloudId: string,
  whole: FailedOutcome | undefined,
): FailureReason | undefined {
  const own = result.notCopied.find((failure) => failure.cloudId === cloudId);
  if (own !== undefined || whole === undefined || result.copied.includes(cloudId)) return own;
  return { errorKind: whole.kind, message: whole.message };
}

function recordOne(journal: Journal, ended: EndedJob, cloudId: string): Journal {
  const { job, outcome } = ended;
  const key = { kind: job.kind, subject: job.subject, cloudId };
  if (outcome.state === 'done') return recordSuccess(journal, ended, key);
  return recordFailure(journal, ended, key, { errorKind: outcome.kind, message: outcome.message });
}

function recordSuccess(journal: Journal, { context, now }: EndedJob, key: JobKey): Journal {
  const settings = settingsOf(context.desired, key.kind, key.subject);
  return rememberSuccess(journal, { ...key, now, settings });
}

function recordFailure(journal: Journal, ended: EndedJob, key: JobKey, reason: FailureReason): Journal {
  const { context, now, random01 } = ended;
  const settings = settingsOf(context.desired, key.kind, key.subject);
  const { intervalHours } = context;
  return rememberFailure(journal, { ...key, ...reason, settings, now, intervalHours, random01 });
}
