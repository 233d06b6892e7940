import { failedBy } from '../../builder/jobs/job-outcome.ts';
import type { JobOutcome } from '../../builder/tools.ts';
import type { JobKind } from '../../model/job/job-kind.ts';
import type { Clock } from '../../model/clock.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import type { Logger } from '../../system/log/logger.ts';
import type { JobRunner } from './job-runner.ts';
import { summarizeResult } from './summarize-result.ts';
import type { JournalFile } from '../journal/journal-file.ts';
import { type JobContext, recordJobEnd } from '../journal/record-job-end.ts';
import { logFailure } from '../../system/log/log-failure.ts';

export interface SupervisorParts {
  readonly journal: JournalFile;
  readonly clock: Clock;
  /** Aborted when the daemon stops. Jobs continue without it. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
  /** Called when the end of a job is in the journal. */
  readonly onRecorded: (ended: RecordedJob) => void;
  /** Reports whether a process was ever started for the job. */
  readonly hasStarted: (buildId: string) => Promise<boolean>;
}

/** A job whose end is in the journal. */
export interface RecordedJob {
  readonly job: OngoingJob;
  readonly outcome: JobOutcome;
  readonly seconds: number;
}

export interface FollowedJob {
  readonly job: OngoingJob;
  readonly context: JobContext;
  readonly runner: JobRunner;
  /** Waits for the outcome. An error that it throws becomes the failure of the job. */
  readonly wait: () => Promise<JobOutcome>;
  /** The time of the end in epoch milliseconds, for a job that ended before this daemon started. */
  readonly endedAt?: number | undefined;
}

/** The number of ended jobs that are remembered. */
const MAX_REMEMBERED = 1000;

/** The kinds of jobs that create resources. When one of these dies, its resources are left in the clouds. */
const LEAVES_RESOURCES: ReadonlySet<JobKind> = new Set(['prepare', 'layer', 'build', 'copy', 'trial']);

/** Follows jobs until their ends are in the journal, so that every plan knows a job as running or as recorded. */
export class Supervisor {
  readonly #parts: SupervisorParts;
  readonly #followed = new Map<string, OngoingJob>();
  /** Recorded jobs. They may appear in a list of running jobs that was read before their end. */
  readonly #recorded = new Set<string>();
  /** Builds whose process could not be started. */
  readonly #failedStarts = new Set<string>();
  readonly #ends = new Set<Promise<void>>();

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
  }

  /** The running jobs, oldest first. */
  get jobs(): readonly OngoingJob[] {
    return [...this.#followed.values()].sort((a, b) => a.startedAt - b.startedAt);
  }

  /** Reports whether the job was never followed here. */
  isNew({ buildId }: OngoingJob): boolean {
    return !this.#followed.has(buildId) && !this.#recorded.has(buildId);
  }

  /** Reports whether the last attempt to start the job failed. */
  failedToStart(buildId: string): boolean {
    return this.#failedStarts.has(buildId);
  }

  /** Follows a job. The promise resolves when the end is in the journal. */
  follow(followed: FollowedJob): Promise<void> {
    this.#followed.set(followed.job.buildId, followed.job);
    const end = this.#followToEnd(followed)
      .catch((error: unknown) => {
        logFailure(this.#parts.logger, 'the end of a job was not recorded', error);
      })
      .finally(() => this.#ends.delete(end));
    this.#ends.add(end);
    return end;
  }

  /** Resolves when no job is followed, because all have ended or the daemon stops. */
  async idle(): Promise<void> {
    await Promise.all(this.#ends);
  }

  async #followToEnd({ job, context, runner, wait, endedAt }: FollowedJob): Promise<void> {
    const { journal, clock, signal, random, logger, onRecorded } = this.#parts;
    const outcome = await wait().catch((error: unknown) => this.#toOutcome(error));
    if (signal.aborted) return; // the next daemon adopts the job
    const now = Math.min(endedAt ?? Number.POSITIVE_INFINITY, clock.now());
    this.#logEnd(job, outcome, now);
    const neverStarted = outcome.state === 'failed' && !(await this.#parts.hasStarted(job.buildId));
    const hasDied = outcome.result === undefined && !neverStarted && LEAVES_RESOURCES.has(job.kind);
    const end = { job, outcome, context, now, neverStarted, hasDied, isLeftBehind: endedAt !== undefined };
    await journal.update((before) => recordJobEnd(before, { ...end, random01: random() }));
    await runner.markRecorded(job.buildId).catch((error: unknown) => {
      logFailure(logger, 'a job was not marked as recorded', error);
    });
    this.#followed.delete(job.buildId);
    remember(this.#recorded, job.buildId);
    if (neverStarted) remember(this.#failedStarts, job.buildId);
    else this.#failedStarts.delete(job.buildId);
    onRecorded({ job, outcome, seconds: secondsOf(job, now) });
  }

  /** The builder returns failures as outcomes. An error that it throws is a bug, unless the daemon stops. */
  #toOutcome(error: unknown): JobOutcome {
    const { signal, logger } = this.#parts;
    if (!signal.aborted) logFailure(logger, 'a job could not be followed', error);
    return failedBy(error);
  }

  #logEnd(job: OngoingJob, outcome: JobOutcome, now: number): void {
    const { logger } = this.#parts;
    const { kind, buildId, subject } = job;
    const fields = { kind, subject, buildId, seconds: secondsOf(job, now) };
    const { notCopied, notPruned, leftBehind } = summarizeResult(outcome);
    for (const { cloudId, message } of notCopied) {
      logger.warning('an image was not copied', { subject, buildId, cloud: cloudId, reason: message });
    }
    for (const { message } of notPruned) {
      logger.warning('a revision was not pruned', { subject, buildId, reason: message });
    }
    for (const what of leftBehind) logger.warning('left behind in a cloud', { subject, buildId, what });
    if (outcome.state === 'done') {
      logger.info('job done', fields);
      return;
    }
    const { kind: errorKind, message, step, leftovers, cancelledBy } = outcome;
    if (cancelledBy !== undefined) {
      logger.info('job cancelled', { ...fields, action: cancelledBy, step, leftovers });
      return;
    }
    logger.error('job failed', { ...fields, errorKind, step, reason: message, leftovers });
  }
}

function secondsOf({ startedAt }: OngoingJob, now: number): number {
  return Math.round((now - startedAt) / 1000);
}

/** Adds an id and removes the oldest ids over the limit. */
function remember(ids: Set<string>, id: string): void {
  ids.delete(id);
  ids.add(id);
  for (const oldest of ids) {
    if (ids.size <= MAX_REMEMBERED) return;
    ids.delete(oldest);
  }
}
