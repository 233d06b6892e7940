import type { JobOutcome } from '../../builder/tools.ts';
import type { JobKind } from '../../model/built.ts';
import type { DesiredState } from '../../model/desired-state.ts';
import type { OngoingJob } from '../../model/ongoing-job.ts';
import { forgetFailure, rememberEnded, rememberFailure, rememberSuccess } from './back-off.ts';
import { type ResultSummary, type FailureCause, summarizeResult } from '../jobs/summarize-result.ts';
import { type Journal, failureKey } from './journal.ts';
import { settingsOf } from '../plan/plan-settings.ts';

/** Under what a job was started; of an adopted one, what was in force when it was found. */
export interface JobContext {
  readonly desired: DesiredState;
  readonly intervalHours: number;
}

/** A job that has ended, and when, in epoch milliseconds. */
export interface EndedJob {
  readonly job: OngoingJob;
  readonly outcome: JobOutcome;
  readonly terms: JobContext;
  readonly now: number;
  /** From 0 to 1, drawn anew. */
  readonly random01: number;
  /** It had ended before this daemon began: the journal may have it already. */
  readonly isLeftBehind?: boolean;
  /** It never had a process: a build that an action asked for is still owed. */
  readonly neverStarted?: boolean;
}

type Failed = Extract<JobOutcome, { readonly state: 'failed' }>;

/** What the journal knows once the job has ended. */
export function recordJobEnd(journal: Journal, ended: EndedJob): Journal {
  const { job, outcome } = ended;
  if (ended.isLeftBehind === true && isKnown(journal, ended)) return journal;
  switch (job.kind) {
    case 'build': {
      const settled = settleBuild(journal, ended);
      return ended.neverStarted === true ? settled : rememberEnded(settled, job.buildId);
    }
    case 'copy':
      return settleCopies(journal, ended, outcome.state === 'failed' ? outcome : undefined);
    case 'prepare':
      return settleOne(journal, ended, '');
    case 'prune':
      return job.cloudIds.reduce((later, cloudId) => settleOne(later, ended, cloudId), journal);
  }
}

/** The end of a job is one write of the journal: where one trace of it, or of a later end, is, all of it is. */
function isKnown(journal: Journal, { job, now }: EndedJob): boolean {
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

/** Has the build made its image? Where it did not arrive, it can be copied. */
function hasBuilt(outcome: JobOutcome): boolean {
  return outcome.state === 'done' || outcome.kind === 'partial';
}

function settleBuild(journal: Journal, ended: EndedJob): Journal {
  if (!hasBuilt(ended.outcome)) return settleOne(journal, ended, '');
  return settleCopies(succeed(journal, ended, 'build', ''), ended, undefined);
}

/** Each cloud for itself; `whole`: why those failed that the result says nothing of. */
function settleCopies(journal: Journal, ended: EndedJob, whole: Failed | undefined): Journal {
  const result = summarizeResult(ended.outcome);
  return ended.job.cloudIds.reduce((later, cloudId) => {
    const trouble = findTrouble(result, cloudId, whole);
    return trouble === undefined
      ? forgetFailure(later, { kind: 'copy', subject: ended.job.subject, cloudId })
      : fail(later, ended, 'copy', cloudId, trouble);
  }, journal);
}

function findTrouble(
  result: ResultSummary,
  cloudId: string,
  whole: Failed | undefined,
): FailureCause | undefined {
  const own = result.notCopied.find((trouble) => trouble.cloudId === cloudId);
  if (own !== undefined || whole === undefined || result.copied.includes(cloudId)) return own;
  return { errorKind: whole.kind, message: whole.message };
}

function settleOne(journal: Journal, ended: EndedJob, cloudId: string): Journal {
  const { job, outcome } = ended;
  if (outcome.state === 'done') return succeed(journal, ended, job.kind, cloudId);
  return fail(journal, ended, job.kind, cloudId, { errorKind: outcome.kind, message: outcome.message });
}

function succeed(journal: Journal, ended: EndedJob, kind: JobKind, cloudId: string): Journal {
  const { job, terms, now } = ended;
  const settings = settingsOf(terms.desired, kind, job.subject);
  return rememberSuccess(journal, { kind, subject: job.subject, cloudId, now, settings });
}

function fail(
  journal: Journal,
  ended: EndedJob,
  kind: JobKind,
  cloudId: string,
  trouble: FailureCause,
): Journal {
  const { job, terms, now, random01 } = ended;
  const settings = settingsOf(terms.desired, kind, job.subject);
  const { intervalHours } = terms;
  const which = { kind, subject: job.subject, cloudId };
  return rememberFailure(journal, { ...which, ...trouble, settings, now, intervalHours, random01 });
}
