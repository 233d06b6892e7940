import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import type { Journal } from './journal.ts';

/** Far more jobs than can die before one sweep. */
const MAX_DIED = 100;

/** Adds a job that ended without a result at `now`: it may have left resources in the clouds. */
export function rememberDied(
  journal: Journal,
  { kind, subject }: Pick<OngoingJob, 'kind' | 'subject'>,
  now: number,
): Journal {
  const died = Object.entries({ ...journal.died, [`${kind} ${subject}`]: now }).slice(-MAX_DIED);
  return { ...journal, died: Object.fromEntries(died) };
}

/**
 * Removes the jobs that died before `startedAt`, the start of a sweep that succeeded. A time after `now` is from before
 * the clock was set back, as it can be soon after a boot, and no sweep would ever reach it.
 */
export function forgetDied(journal: Journal, startedAt: number, now: number): Journal {
  const later = Object.entries(journal.died).filter(([, at]) => at > startedAt && at <= now);
  return { ...journal, died: Object.fromEntries(later) };
}
