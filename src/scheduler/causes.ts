import type { OngoingJob } from '../model/job/ongoing-job.ts';

/** The cause of a report of the steps of running jobs, which needs no reconcile. */
export const STEPS = 'steps';

/** The cause of a reconcile that uses a new answer of a cloud. */
export const CLOUD_ANSWERED = 'a cloud answered';

const ENDED = ' ended';

/** Returns the cause of the reconcile after the end of a job. */
export function jobEnded({ kind, subject }: Pick<OngoingJob, 'kind' | 'subject'>): string {
  return `${kind} of ${subject}${ENDED}`;
}

/**
 * Returns the clouds to observe for these causes. A job changes only its own clouds, so after its end the answers of all
 * others are used again; every tick and every file of a hook has all clouds observed.
 */
export function cloudsToObserve(causes: readonly string[]): 'all' | 'changed' | 'none' {
  const others = causes.filter((cause) => cause !== CLOUD_ANSWERED);
  if (others.length === 0) return 'none';
  return others.every((cause) => cause.endsWith(ENDED)) ? 'changed' : 'all';
}
