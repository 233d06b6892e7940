import type { JobOutcome } from '../../builder/tools.ts';
import type { DesiredState } from '../../model/unit/desired-state.ts';
import type { JobEnd } from '../../model/job/job-end.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import type { JobResult } from '../../model/program-result.ts';
import { summarizeResult } from '../jobs/summarize-result.ts';
import { type Journal, type RememberedFailure, failureKey } from './journal.ts';

/** More than the jobs that end between two hooks, which are at most minutes apart. */
const MAX_ENDS = 100;
const MAX_REASON = 500;

/** A job that ended at `now`, in epoch milliseconds. */
interface EndedJob {
  readonly job: OngoingJob;
  readonly outcome: JobOutcome;
  readonly desired: DesiredState;
  readonly now: number;
  /** True when the job ended before this daemon started: the journal may contain its ends already. */
  readonly isLeftBehind?: boolean;
}

/** The part of an entry that all entries of one job have in common. */
type Common = Pick<JobEnd, 'kind' | 'buildId' | 'subject' | 'endedAt' | 'seconds'>;

/**
 * Adds the end of a job for the log of Juju: what it built, copied or pruned, and each failure that it added. `before` and
 * `after` are the journal without and with the job's end. The number of entries is limited.
 */
export function rememberEnds(before: Journal, after: Journal, ended: EndedJob): Journal {
  const { job, now } = ended;
  const common = {
    ...{ kind: job.kind, buildId: job.buildId, subject: job.subject },
    endedAt: new Date(now).toISOString(),
    seconds: Math.max(0, Math.round((now - job.startedAt) / 1000)),
  };
  const ends = [
    ...listBuilt(before, after, ended, common),
    ...listCopied(ended, common),
    ...listPruned(ended, common),
    ...listFailed(before, after, ended, common),
  ];
  const added = ended.isLeftBehind === true ? ends.filter((end) => !isKnown(end, before)) : ends;
  return added.length === 0 ? after : { ...after, ends: [...after.ends, ...added].slice(-MAX_ENDS) };
}

function isKnown({ kind, buildId, subject, cloudId }: JobEnd, { ends }: Journal): boolean {
  return ends.some(
    (end) =>
      end.kind === kind && end.buildId === buildId && end.subject === subject && end.cloudId === cloudId,
  );
}

function listBuilt(
  before: Journal,
  after: Journal,
  { job, outcome, desired }: EndedJob,
  common: Common,
): readonly JobEnd[] {
  if (job.kind !== 'build' || after.built[job.subject] === before.built[job.subject]) return [];
  const { arch, base } = desired.images.get(job.subject)?.image ?? {};
  const imageId = outcome.result?.imageId;
  return [{ ...common, cloudId: '', outcome: 'succeeded', imageId, arch, base }];
}

/** Lists the copies of a job. The project of the source image needs none. */
function listCopied({ outcome }: EndedJob, common: Common): readonly JobEnd[] {
  return summarizeResult(outcome).copies.flatMap((copy): readonly JobEnd[] => {
    if (copy.outcome === 'failed' || copy.outcome === 'itself') return [];
    const { cloud: cloudId, imageId } = copy;
    const seconds = Math.round(copy.seconds);
    return [{ ...common, kind: 'copy', cloudId, seconds, outcome: 'succeeded', imageId }];
  });
}

/** Lists the clouds that a prune has pruned. A dry run, whose job may delete nothing, prunes none. */
function listPruned({ job, outcome }: EndedJob, common: Common): readonly JobEnd[] {
  const isPrune = job.kind === 'prune' || (job.kind === 'prune-clouds' && job.deletableIds !== undefined);
  if (!isPrune || outcome.state !== 'done') return [];
  return job.cloudIds.map((cloudId) => ({
    ...{ ...common, cloudId, outcome: 'succeeded' as const },
    deleted: countDeleted(outcome.result, cloudId),
  }));
}

function countDeleted(result: JobResult, cloudId: string): number {
  const inCloud = result.job === 'prune-clouds' ? (result.things ?? []) : [];
  const things =
    result.job === 'prune' ? (result.images ?? []) : inCloud.filter(({ cloud }) => cloud === cloudId);
  return things.filter((thing) => thing.outcome === 'deleted').length;
}

/** Lists the failures that the journal has since this job, and else a failure that is not repeated. */
function listFailed(
  before: Journal,
  after: Journal,
  { outcome }: EndedJob,
  common: Common,
): readonly JobEnd[] {
  const added = Object.values(after.failures).filter(
    (failure) => before.failures[failureKey(failure)] !== failure,
  );
  if (added.length > 0) return added.map((failure) => toFailedEnd(failure, common));
  if (outcome.state === 'done') return [];
  if (outcome.cancelledBy !== undefined)
    return [{ ...common, cloudId: '', outcome: 'cancelled', reason: `action ${outcome.cancelledBy}` }];
  return [{ ...common, cloudId: '', outcome: 'failed', reason: outcome.message.slice(0, MAX_REASON) }];
}

function toFailedEnd(
  { kind, subject, cloudId, message, nextAttemptAt }: RememberedFailure,
  common: Common,
): JobEnd {
  const reason = message.slice(0, MAX_REASON);
  return { ...common, kind, subject, cloudId, outcome: 'failed', reason, nextAttemptAt };
}
