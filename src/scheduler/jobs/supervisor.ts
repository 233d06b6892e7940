import { failedBy } from '../../builder/jobs/job-outcome.ts';
import type { JobOutcome } from '../../builder/tools.ts';
import type { Clock } from '../../model/clock.ts';
import type { OngoingJob } from '../../model/ongoing-job.ts';
import type { Logger } from '../../system/log/logger.ts';
import type { JobRunner } from './job-runner.ts';
import { summarizeResult } from './summarize-result.ts';
import type { JournalFile } from '../journal/journal-file.ts';
import { type JobContext, recordJobEnd } from '../journal/record-job-end.ts';
import { logFailure } from '../../system/log/log-failure.ts';

export interface SupervisorParts {
  readonly journal: JournalFile;
  readonly clock: Clock;
  /** Aborted when the daemon stops: jobs run on, unwatched. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Called when a job's end is in the journal. */
  readonly onRecorded: (job: OngoingJob) => void;
  /** Has a job ever had a process? */
  readonly hasStarted: (buildId: string) => Promise<boolean>;
}

export interface FollowedJob {
  readonly job: OngoingJob;
  readonly context: JobContext;
  readonly runner: JobRunner;
  /** Gives its outcome; whatever it throws is how the job failed. */
  readonly wait: () => Promise<JobOutcome>;
  /** Of one that ended before this daemon began: when, in epoch milliseconds. */
  readonly endedAt?: number | undefined;
}

/** How many jobs are remembered once they have ended. */
const REMEMBERED = 1000;

/** Follows jobs to their ends. A job is followed until its end is in the journal, so that no plan falls in between. */
export class Supervisor {
  readonly #parts: SupervisorParts;
  readonly #followed = new Map<string, OngoingJob>();
  /** /proc may have been read before a job's end, and looked into after it. */
  readonly #settled = new Set<string>();
  /** Builds that could not even be started. */
  readonly #unstarted = new Set<string>();
  readonly #ends = new Set<Promise<void>>();

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
  }

  /** The jobs that run, the oldest first. */
  get jobs(): readonly OngoingJob[] {
    return [...this.#followed.values()].sort((a, b) => a.startedAt - b.startedAt);
  }

  /** Is the job new to us? */
  isUnknown({ buildId }: OngoingJob): boolean {
    return !this.#followed.has(buildId) && !this.#settled.has(buildId);
  }

  /** Could the job not be started the last time? */
  wasUnstartable(buildId: string): boolean {
    return this.#unstarted.has(buildId);
  }

  /** Follows a job until its end is in the journal; what it gives resolves then. */
  follow(followed: FollowedJob): Promise<void> {
    this.#followed.set(followed.job.buildId, followed.job);
    const end = this.#followToEnd(followed)
      .catch((error: unknown) => {
        logFailure(this.#parts.logger, 'the end of a job was not handled', error);
      })
      .finally(() => this.#ends.delete(end));
    this.#ends.add(end);
    return end;
  }

  /** Resolves when no job is followed any more: all have ended, or the daemon stops. */
  async idle(): Promise<void> {
    await Promise.all(this.#ends);
  }

  async #followToEnd({ job, context: terms, runner, wait, endedAt }: FollowedJob): Promise<void> {
    const { journal, clock, signal, random, logger, onRecorded: onSettled } = this.#parts;
    const outcome = await wait().catch((error: unknown) => this.#toOutcome(error));
    if (signal.aborted) return; // the next daemon finds it
    const now = Math.min(endedAt ?? Number.POSITIVE_INFINITY, clock.now());
    this.#tellEnd(job, outcome, now);
    const neverStarted = outcome.state === 'failed' && !(await this.#parts.hasStarted(job.buildId));
    const end = { job, outcome, context: terms, now, neverStarted, isLeftBehind: endedAt !== undefined };
    await journal.update((before) => recordJobEnd(before, { ...end, random01: random() }));
    await runner.markRecorded(job.buildId).catch((error: unknown) => {
      logFailure(logger, 'the end of a job was not marked', error);
    });
    this.#followed.delete(job.buildId);
    remember(this.#settled, job.buildId);
    if (neverStarted) remember(this.#unstarted, job.buildId);
    else this.#unstarted.delete(job.buildId);
    onSettled(job);
  }

  /** The builder tells failures by their outcomes; what it throws is a bug, unless we stop. */
  #toOutcome(error: unknown): JobOutcome {
    const { signal, logger } = this.#parts;
    if (!signal.aborted) logFailure(logger, 'a job could not be followed', error);
    return failedBy(error);
  }

  #tellEnd({ kind, buildId, subject, startedAt }: OngoingJob, outcome: JobOutcome, now: number): void {
    const { logger } = this.#parts;
    const fields = { kind, subject, buildId, seconds: Math.round((now - startedAt) / 1000) };
    const { undelivered, unpruned } = summarizeResult(outcome);
    for (const { cloudId, message } of undelivered) {
      logger.warning('an image did not arrive', { subject, buildId, cloud: cloudId, reason: message });
    }
    for (const { message } of unpruned) {
      logger.warning('a revision was not pruned', { subject, buildId, reason: message });
    }
    if (outcome.state === 'done') {
      logger.info('job done', fields);
      return;
    }
    const { kind: errorKind, message, step, leftovers } = outcome;
    logger.error('job failed', { ...fields, errorKind, step, reason: message, leftovers });
  }
}

/** The oldest is forgotten when there are too many. */
function remember(ids: Set<string>, id: string): void {
  ids.delete(id);
  ids.add(id);
  for (const oldest of ids) {
    if (ids.size <= REMEMBERED) return;
    ids.delete(oldest);
  }
}
