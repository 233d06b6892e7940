import type { Clock } from '../model/clock.ts';
import type { OngoingJob } from '../model/ongoing-job.ts';
import type { Logger } from '../system/logger.ts';
import { type JobRunner, type WorkEntry, jobOf } from './job-runner.ts';
import type { Plan } from './plan.ts';
import type { Repeats } from './repeats.ts';
import type { JobTerms } from './settle-job.ts';
import type { Supervisor } from './supervisor.ts';

/** What starting and adopting jobs takes. */
export interface JobStarts {
  readonly supervisor: Supervisor;
  readonly repeats: Repeats;
  readonly newBuildId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts all that the plan says, and waits for nothing. */
export function startJobs(plan: Plan, terms: JobTerms, runner: JobRunner, starts: JobStarts): void {
  const { supervisor, repeats, newBuildId, clock, logger } = starts;
  for (const entry of plan.filter(isWork)) {
    const now = clock.now();
    if (!repeats.admit(entry, terms.desired, now)) continue;
    const buildId = (entry.act === 'build' ? entry.buildId : undefined) ?? newBuildId();
    const job = jobOf(entry, buildId, now);
    logger.info('job started', { ...describeJob(job), clouds: job.cloudIds, reason: job.reason });
    supervisor.follow({ job, terms, runner, wait: () => runner.run(entry, buildId) });
  }
}

/** Follows those of the jobs found that nobody here has followed yet. */
export function adoptJobs(
  found: readonly OngoingJob[],
  terms: JobTerms,
  runner: JobRunner,
  { supervisor, logger }: JobStarts,
): void {
  for (const job of found) {
    if (!supervisor.isUnknown(job)) continue;
    logger.info('job adopted', describeJob(job));
    supervisor.follow({ job, terms, runner, wait: () => runner.adopt(job) });
  }
}

function isWork(entry: Plan[number]): entry is WorkEntry {
  return entry.act !== 'rest';
}

function describeJob({ kind, subject, buildId }: OngoingJob) {
  return { kind, subject, buildId };
}
