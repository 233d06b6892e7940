import type { JobOutcome } from '../../builder/tools.ts';
import type { DesiredState } from '../../model/unit/desired-state.ts';
import { PARTS_STEP } from '../../model/guest/guest-parts.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import { rememberEnded } from './answers.ts';
import {
  type FailedJob,
  forgetFailure,
  rememberBuild,
  rememberFailure,
  rememberSuccess,
} from './back-off.ts';
import { forgetCancellation, listJobKeys, rememberCancellation } from './cancellations.ts';
import { forgetDied, rememberDied } from './died-jobs.ts';
import { rememberEnds } from './job-ends.ts';
import { type ResultSummary, summarizeResult } from '../jobs/summarize-result.ts';
import { type JobKey, type Journal, failureKey } from './journal.ts';
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
  /** True when the job had a process that ended without a result. */
  readonly hasDied?: boolean;
}

type FailedOutcome = Extract<JobOutcome, { readonly state: 'failed' }>;
type FailureReason = Pick<FailedJob, 'errorKind' | 'message' | 'isSuspect'>;

/** Adds the end of a job to the journal. */
export function recordJobEnd(journal: Journal, ended: EndedJob): Journal {
  if (ended.isLeftBehind === true && isRecorded(journal, ended)) return journal;
  return rememberEnds(journal, recordEnd(journal, ended), { ...ended, desired: ended.context.desired });
}

function recordEnd(journal: Journal, ended: EndedJob): Journal {
  const { job, outcome, hasDied = false, now } = ended;
  const before = hasDied ? rememberDied(journal, job, now) : journal;
  if (outcome.state === 'failed' && outcome.cancelledBy !== undefined)
    return recordCancellation(before, ended, outcome.cancelledBy);
  return recordOutcome(forgetCancellation(before, listJobKeys(job)), ended);
}

/** The number of builds in the history: a month of twelve images that are built daily. */
const MAX_HISTORY = 400;

function rememberInHistory(journal: Journal, { job, outcome, now }: EndedJob): Journal {
  const ended = {
    ...{ imageName: job.subject, buildId: job.buildId, at: now, seconds: (now - job.startedAt) / 1000 },
    ...{ hasImage: hasBuilt(outcome), bytes: outcome.result?.imageBytes },
  };
  return { ...journal, history: [...journal.history, ended].slice(-MAX_HISTORY) };
}

/** Adds a job that an action cancelled: it is not tried again before the next due time, or before an action requests it. */
function recordCancellation(journal: Journal, { job, context, now }: EndedJob, action: string): Journal {
  const cancelled = rememberCancellation(journal, listJobKeys(job), ({ kind, subject }) => ({
    ...{ action, at: now },
    settings: settingsOf(context.desired, kind, subject),
  }));
  return rememberEnded(cancelled, job.buildId);
}

function recordOutcome(journal: Journal, ended: EndedJob): Journal {
  const { job, outcome, now } = ended;
  switch (job.kind) {
    case 'build': {
      const recorded = recordBuild(journal, ended);
      if (ended.neverStarted === true) return recorded;
      return rememberInHistory(rememberEnded(recorded, job.buildId), ended);
    }
    case 'copy':
      return recordCopies(journal, ended, outcome.state === 'failed' ? outcome : undefined);
    case 'sweep':
      return recordOne(
        outcome.state === 'done' ? forgetDied(journal, job.startedAt, now) : journal,
        ended,
        '',
      );
    case 'layer':
    case 'prepare':
      return recordOne(journal, ended, '');
    case 'prune':
      return recordInClouds(journal, ended);
    case 'preflight':
    case 'trial':
      return rememberEnded(journal, job.buildId);
    case 'prune-clouds':
      // a requested prune is not repeated: its result is for the operator, who reads it in show-build
      return isRequested(ended) ? rememberEnded(journal, job.buildId) : recordInClouds(journal, ended);
  }
}

function recordInClouds(journal: Journal, ended: EndedJob): Journal {
  return ended.job.cloudIds.reduce((later, cloudId) => recordOne(later, ended, cloudId), journal);
}

function isRequested({ job, context }: EndedJob): boolean {
  return context.desired.jobRequests.some(({ jobId }) => jobId === job.buildId);
}

/**
 * Reports whether the journal contains the end of this job or a later one. The end of a job is one write, so that one
 * entry of it proves the others.
 */
function isRecorded(journal: Journal, { job, now }: EndedJob): boolean {
  const { kind, subject, buildId } = job;
  if (journal.endedBuilds.includes(buildId) || kind === 'build') return journal.endedBuilds.includes(buildId);
  const clouds = kind === 'prepare' || kind === 'layer' || kind === 'sweep' ? [''] : job.cloudIds;
  const times = clouds.flatMap((cloudId) => {
    const key = failureKey({ kind, subject, cloudId });
    const failedAt = Date.parse(journal.failures[key]?.failedAt ?? '');
    return [failedAt, kind === 'prune' || kind === 'prune-clouds' ? timeOf(journal.pruned[key]) : Number.NaN];
  });
  const preparedAt = kind === 'prepare' ? timeOf(journal.preparedAt[subject]) : Number.NaN;
  const madeAt = kind === 'layer' ? timeOf(journal.layers[subject]) : Number.NaN;
  return [...times, preparedAt, madeAt].some((time) => time >= now);
}

function timeOf(entry: number | { readonly at: number } | undefined): number {
  return typeof entry === 'object' ? entry.at : (entry ?? Number.NaN);
}

/** Lists the clouds that may have killed or stalled the job. A job copies only an image that is finished. */
function listSuspects(outcome: JobOutcome): readonly string[] {
  return outcome.state === 'failed' ? (outcome.copyingTo ?? []) : [];
}

/** Reports whether the build created its image. The image can be copied later to clouds that it did not reach. */
function hasBuilt(outcome: JobOutcome): boolean {
  return outcome.state === 'done' || outcome.kind === 'partial' || listSuspects(outcome).length > 0;
}

function recordBuild(journal: Journal, ended: EndedJob): Journal {
  if (!hasBuilt(ended.outcome)) return recordOne(journal, ended, '');
  const { job, context, now } = ended;
  const settings = settingsOf(context.desired, 'build', job.subject);
  const built = rememberBuild(journal, job.subject, { buildId: job.buildId, at: now, settings });
  const after = recordSuccess(built, ended, { kind: 'build', subject: job.subject, cloudId: '' });
  return recordCopies(after, ended, undefined);
}

/** Records each cloud separately. `whole` is the failure of the clouds that the result does not mention. */
function recordCopies(journal: Journal, ended: EndedJob, whole: FailedOutcome | undefined): Journal {
  const result = summarizeResult(ended.outcome);
  const { outcome } = ended;
  const suspects = listSuspects(outcome);
  const failureOf = (cloudId: string): FailureReason | undefined => {
    const isSuspect = suspects.includes(cloudId);
    const failed = isSuspect && outcome.state === 'failed' ? outcome : whole;
    return failed && { errorKind: failed.kind, message: failed.message, isSuspect };
  };
  return ended.job.cloudIds.reduce((later, cloudId) => {
    const reason = findFailureReason(result, cloudId, failureOf(cloudId));
    const key = { kind: 'copy', subject: ended.job.subject, cloudId } as const;
    return reason === undefined ? forgetFailure(later, key) : recordFailure(later, ended, key, reason);
  }, journal);
}

function findFailureReason(
  result: ResultSummary,
  cloudId: string,
  whole: FailureReason | undefined,
): FailureReason | undefined {
  const own = result.notCopied.find((failure) => failure.cloudId === cloudId);
  if (own !== undefined || result.copied.includes(cloudId)) return own;
  return whole;
}

function recordOne(journal: Journal, ended: EndedJob, cloudId: string): Journal {
  const { job, outcome } = ended;
  const key = { kind: job.kind, subject: job.subject, cloudId };
  if (outcome.state === 'done') return recordSuccess(journal, ended, key);
  return recordFailure(journal, ended, key, { errorKind: outcome.kind, message: messageOf(outcome) });
}

/** Returns the message of a failure. That of a quota is without its step, because the plan says what waits for it. */
function messageOf({ kind, message, step }: FailedOutcome): string {
  const prefix = `${step}: `;
  return kind === 'quota' && message.startsWith(prefix) ? message.slice(prefix.length) : message;
}

function recordSuccess(journal: Journal, { job, outcome, context, now }: EndedJob, key: JobKey): Journal {
  const settings = settingsOf(context.desired, key.kind, key.subject);
  const partsSeconds = outcome.result?.steps?.find(({ name }) => name === PARTS_STEP)?.seconds;
  const times =
    partsSeconds === undefined ? undefined : { seconds: (now - job.startedAt) / 1000, partsSeconds };
  const { buildId, deletableIds } = job;
  return rememberSuccess(journal, { ...key, buildId, now, settings, deletableIds, times });
}

function recordFailure(journal: Journal, ended: EndedJob, key: JobKey, reason: FailureReason): Journal {
  const { context, now, random01 } = ended;
  const settings = settingsOf(context.desired, key.kind, key.subject);
  const { intervalHours } = context;
  return rememberFailure(journal, { ...key, ...reason, settings, now, intervalHours, random01 });
}
