import type { JobFailure } from '../../model/built.ts';
import { failureKey } from '../journal/journal.ts';
import type { PlanInput } from './plan-entry.ts';
import { settingsOf } from './plan-settings.ts';
import { count, minuteOf, shorten } from './plan-words.ts';

/** Until when a job that failed rests, and why. */
export interface BackOff {
  readonly until: number;
  readonly reason: string;
}

/**
 * `undefined`: it may be tried. A failure counts under the settings that it failed with, and not when it lies ahead:
 * a clock that went back must not make it rest for as long.
 */
export function findBackOff(
  job: Pick<JobFailure, 'kind' | 'subject' | 'cloudId'>,
  { journal, desired, now }: PlanInput,
): BackOff | undefined {
  const failure = journal.failures[failureKey(job)];
  if (failure?.settings !== settingsOf(desired, job.kind, job.subject)) return undefined;
  const until = Date.parse(failure.nextAttemptAt);
  const isResting = Date.parse(failure.failedAt) <= now && now < until;
  if (!isResting) return undefined;
  const times = count(failure.attempts, 'failure');
  return { until, reason: `rests after ${times} until ${minuteOf(until)}: ${shorten(failure.message)}` };
}
