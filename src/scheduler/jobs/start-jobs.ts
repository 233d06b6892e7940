import type { Clock } from '../../model/clock.ts';
import type { OngoingJob } from '../../model/ongoing-job.ts';
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

/** What starting and adopting jobs takes. */
export interface JobStarts {
  readonly supervisor: Supervisor;
  readonly throttle: StartThrottle;
  readonly journal: JournalFile;
  readonly newBuildId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts all that the plan says, and waits for nothing. */
export function startJobs(plan: Plan, terms: JobContext, runner: JobRunner, starts: JobStarts): void {
  const { supervisor, newBuildId, clock, logger } = starts;
  for (const entry of plan.filter(isWork)) {
    const now = clock.now();
    if (!mayStart(entry, terms, now, starts)) continue;
    const buildId = (entry.act === 'build' ? entry.buildId : undefined) ?? newBuildId();
    const job = jobOf(entry, buildId, now);
    logger.info('job started', { ...describeJob(job), clouds: job.cloudIds, reason: job.reason });
    void supervisor.follow({ job, context: terms, runner, wait: () => runner.run(entry, buildId) });
  }
}

/** What was asked for is planned at once, also after a failure: while it cannot even be started it rests like others. */
function mayStart(
  entry: WorkEntry,
  { desired }: JobContext,
  now: number,
  { throttle: repeats, supervisor, journal }: JobStarts,
): boolean {
  if (entry.act !== 'build') return repeats.admit(entry, desired, now);
  if (entry.buildId === undefined || !supervisor.wasUnstartable(entry.buildId)) return true;
  const which = { kind: 'build', subject: entry.imageName, cloudId: '' } as const;
  const failure = journal.current.failures[failureKey(which)];
  if (failure?.settings !== settingsOf(desired, which.kind, which.subject)) return true;
  return Date.parse(failure.failedAt) > now || Date.parse(failure.nextAttemptAt) <= now;
}

/** What earlier daemons have left. */
export interface FoundJobs {
  readonly running: readonly OngoingJob[];
  /** The oldest end first. */
  readonly ended: readonly UnrecordedJob[];
}

/** Follows those of the jobs found that nobody here has followed yet; those that have ended one after the other. */
export function adoptJobs(
  { running, ended }: FoundJobs,
  terms: JobContext,
  runner: JobRunner,
  { supervisor, logger }: JobStarts,
): void {
  const follow = (job: OngoingJob, turn: Promise<void>, endedAt?: number): Promise<void> => {
    logger.info('job adopted', describeJob(job));
    return supervisor.follow({
      job,
      context: terms,
      runner,
      endedAt,
      wait: () => turn.then(() => runner.adopt(job)),
    });
  };
  for (const job of running) {
    if (supervisor.isUnknown(job)) void follow(job, Promise.resolve());
  }
  let turn = Promise.resolve();
  for (const { endedAt, ...job } of ended) {
    if (supervisor.isUnknown(job)) turn = follow(job, turn, endedAt ?? job.startedAt);
  }
}

function isWork(entry: Plan[number]): entry is WorkEntry {
  return entry.act !== 'skip';
}

function describeJob({ kind, subject, buildId }: OngoingJob) {
  return { kind, subject, buildId };
}
