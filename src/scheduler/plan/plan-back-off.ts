import { type JobKey, type RememberedFailure, failureKey } from '../journal/journal.ts';
import type { SkipCause } from './plan-entry.ts';
import type { PlanIndex } from './plan-index.ts';
import { HOUR, count, minuteOf, shorten } from './plan-words.ts';

/** The time before which a failed or cancelled job is not tried again, and the reason. */
export interface BackOff {
  readonly cause: Extract<SkipCause, 'failed' | 'cancelled' | 'waits'>;
  readonly until: number;
  readonly reason: string;
}

/** Finds the failure of a job under its current settings. A failure under other settings does not count. */
export function findFailure(job: JobKey, { journal, settingsOf }: PlanIndex): RememberedFailure | undefined {
  const failure = journal.failures[failureKey(job)];
  if (failure === undefined) return undefined; // saves the digest of the settings
  return failure.settings === settingsOf(job.kind, job.subject) ? failure : undefined;
}

/**
 * Returns the back-off of a job after its failure or its cancellation, whichever ends later; undefined when the job may be
 * tried. One that began in the future does not count: after the clock was set back, it would last too long.
 */
export function findBackOff(job: JobKey, input: PlanIndex): BackOff | undefined {
  const found = [findFailureBackOff(job, input), findCancellationBackOff(job, input)];
  const [latest] = found.flatMap((each) => each ?? []).toSorted((one, other) => other.until - one.until);
  return latest !== undefined && latest.until > input.now ? latest : undefined;
}

function findFailureBackOff(job: JobKey, input: PlanIndex): BackOff | undefined {
  const failure = findFailure(job, input);
  if (failure === undefined || Date.parse(failure.failedAt) > input.now) return undefined;
  const until = Date.parse(failure.nextAttemptAt);
  if (failure.errorKind === 'quota') {
    return { cause: 'waits', until, reason: `waits for ${shorten(failure.message)}` };
  }
  const times = count(failure.attempts, 'failure');
  const reason = `skipped until ${minuteOf(until)} after ${times}: ${shorten(failure.message)}`;
  return { cause: 'failed', until, reason };
}

/** Returns the wait of a cancelled job, which is as long as that of one that succeeded. Changed settings end it. */
function findCancellationBackOff(
  job: JobKey,
  { journal, settingsOf, intervalHours, now }: PlanIndex,
): BackOff | undefined {
  const cancelled = journal.cancelled[failureKey(job)];
  if (cancelled === undefined || cancelled.at > now) return undefined;
  if (cancelled.settings !== settingsOf(job.kind, job.subject)) return undefined;
  const until = cancelled.at + intervalHours * HOUR;
  return {
    cause: 'cancelled',
    until,
    reason: `skipped until ${minuteOf(until)}: cancelled by action ${cancelled.action}`,
  };
}
