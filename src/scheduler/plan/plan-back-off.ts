import type { JobFailure } from '../../model/built.ts';
import { failureKey } from '../journal/journal.ts';
import type { PlanInput } from './plan-entry.ts';
import { settingsOf } from './plan-settings.ts';
import { count, minuteOf, shorten } from './plan-words.ts';

/** The end of the back-off of a failed job and the reason for it. */
export interface BackOff {
  readonly until: number;
  readonly reason: string;
}

/**
 * Returns the back-off of a job; undefined when the job may be tried. A failure counts only under the settings that the
 * job failed with. A failure in the future does not count: after the clock was set back, its back-off would last too
 * long.
 */
export function findBackOff(
  job: Pick<JobFailure, 'kind' | 'subject' | 'cloudId'>,
  { journal, desired, now }: PlanInput,
): BackOff | undefined {
  const failure = journal.failures[failureKey(job)];
  if (failure?.settings !== settingsOf(desired, job.kind, job.subject)) return undefined;
  const until = Date.parse(failure.nextAttemptAt);
  const isBackingOff = Date.parse(failure.failedAt) <= now && now < until;
  if (!isBackingOff) return undefined;
  const times = count(failure.attempts, 'failure');
  return { until, reason: `skipped until ${minuteOf(until)} after ${times}: ${shorten(failure.message)}` };
}
