import type { Clock } from '../../model/clock.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import type { Logger } from '../../system/log/logger.ts';
import { type JobRunner, type WorkEntry, jobOf } from './job-runner.ts';
import { failureKey } from '../journal/journal.ts';
import type { JournalFile } from '../journal/journal-file.ts';
import { settingsOf } from '../plan/plan-settings.ts';
import type { Plan } from '../plan/plan.ts';
import type { StartThrottle } from './start-throttle.ts';
import type { JobContext } from '../journal/record-job-end.ts';
import type { Supervisor } from './supervisor.ts';
import type { UnrecordedJob } from './unrecorded-jobs.ts';

/** The objects that start and adopt jobs. */
export interface JobStarts {
  readonly supervisor: Supervisor;
  readonly throttle: StartThrottle;
  readonly journal: JournalFile;
  readonly newBuildId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts the jobs of a plan without waiting for them. */
export function startJobs(plan: Plan, context: JobContext, runner: JobRunner, starts: JobStarts): void {
  const { supervisor, newBuildId, clock, logger } = starts;
  for (const entry of plan.filter(isWork)) {
    const now = clock.now();
    if (!mayStart(entry, context, now, starts)) continue;
    const buildId = ('buildId' in entry ? entry.buildId : undefined) ?? newBuildId();
    const job = jobOf(entry, buildId, now);
    logger.info('job started', { ...describeJob(job), clouds: job.cloudIds, reason: job.reason });
    void supervisor.follow({ job, context, runner, wait: () => runner.run(entry, buildId) });
  }
}

/**
 * Reports whether the job of an entry may start now. A build that an action requested is planned at once even after a
 * failure; while its process cannot be started, it waits for the back-off like other builds.
 */
function mayStart(
  entry: WorkEntry,
  { desired }: JobContext,
  now: number,
  { throttle, supervisor, journal }: JobStarts,
): boolean {
  if (entry.act !== 'build') return throttle.admit(entry, desired, now);
  if (entry.buildId === undefined || !supervisor.failedToStart(entry.buildId)) return true;
  const key = { kind: 'build', subject: entry.imageName, cloudId: '' } as const;
  const failure = journal.current.failures[failureKey(key)];
  if (failure?.settings !== settingsOf(desired, key.kind, key.subject)) return true;
  return Date.parse(failure.failedAt) > now || Date.parse(failure.nextAttemptAt) <= now;
}

/** The jobs of earlier daemons. */
export interface FoundJobs {
  readonly running: readonly OngoingJob[];
  /** In the order of their ends. */
  readonly ended: readonly UnrecordedJob[];
}

/** Follows the found jobs that are new to the supervisor. Ended jobs are recorded one after the other. */
export function adoptJobs(
  { running, ended }: FoundJobs,
  context: JobContext,
  runner: JobRunner,
  { supervisor, logger }: JobStarts,
): void {
  const follow = (job: OngoingJob, previous: Promise<void>, endedAt?: number): Promise<void> => {
    logger.info('job adopted', describeJob(job));
    return supervisor.follow({
      job,
      context,
      runner,
      endedAt,
      wait: () => previous.then(() => runner.adopt(job)),
    });
  };
  for (const job of running) {
    if (supervisor.isNew(job)) void follow(job, Promise.resolve());
  }
  let previous = Promise.resolve();
  for (const { endedAt, ...job } of ended) {
    if (supervisor.isNew(job)) previous = follow(job, previous, endedAt ?? job.startedAt);
  }
}

function isWork(entry: Plan[number]): entry is WorkEntry {
  return entry.act !== 'skip';
}

function describeJob({ kind, subject, buildId }: OngoingJob) {
  return { kind, subject, buildId };
}
