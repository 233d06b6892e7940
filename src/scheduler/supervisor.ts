import type { JobOutcome } from '../builder/tools.ts';
import type { Clock } from '../model/clock.ts';
import { messageOf } from '../model/message-of.ts';
import { ProductError } from '../model/errors.ts';
import type { OngoingJob } from '../model/ongoing-job.ts';
import type { Logger } from '../system/logger.ts';
import type { JobRunner } from './job-runner.ts';
import { readJobResult } from './job-result.ts';
import type { JournalFile } from './journal-file.ts';
import { type JobTerms, settleJob } from './settle-job.ts';
import { tellTrouble } from './trouble.ts';

export interface SupervisorParts {
  readonly journal: JournalFile;
  readonly clock: Clock;
  /** Aborted when the daemon stops: jobs run on, unwatched. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Called when a job's end is in the journal. */
  readonly onSettled: (job: OngoingJob) => void;
}

export interface FollowedJob {
  readonly job: OngoingJob;
  readonly terms: JobTerms;
  readonly runner: JobRunner;
  /** Gives its outcome; whatever it throws is how the job failed. */
  readonly wait: () => Promise<JobOutcome>;
}

/** Follows jobs to their ends. A job is followed until its end is in the journal, so that no plan falls in between. */
export class Supervisor {
  readonly #parts: SupervisorParts;
  readonly #followed = new Map<string, OngoingJob>();
  /** /proc may have been read before a job's end, and looked into after it. */
  readonly #settled = new Set<string>();
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

  /** Follows a job until its end is in the journal; never waits for it. */
  follow(followed: FollowedJob): void {
    this.#followed.set(followed.job.buildId, followed.job);
    const end = this.#followToEnd(followed)
      .catch((error: unknown) => {
        tellTrouble(this.#parts.logger, 'the end of a job was not handled', error);
      })
      .finally(() => this.#ends.delete(end));
    this.#ends.add(end);
  }

  /** Resolves when no job is followed any more: all have ended, or the daemon stops. */
  async idle(): Promise<void> {
    await Promise.all(this.#ends);
  }

  async #followToEnd({ job, terms, runner, wait }: FollowedJob): Promise<void> {
    const { journal, clock, signal, random, onSettled } = this.#parts;
    const outcome = await wait().catch((error: unknown) => this.#toOutcome(error));
    if (signal.aborted) return; // the next daemon finds it
    const now = clock.now();
    this.#tellEnd(job, outcome, now);
    await journal.update((before) => settleJob(before, { job, outcome, terms, now, random01: random() }));
    this.#followed.delete(job.buildId);
    this.#settled.add(job.buildId);
    onSettled(job);
    await runner.markSettled(job.buildId);
  }

  /** The builder tells failures by their outcomes; what it throws is a bug, unless we stop. */
  #toOutcome(error: unknown): JobOutcome {
    const { signal, logger } = this.#parts;
    if (!signal.aborted) tellTrouble(logger, 'a job could not be followed', error);
    const kind = error instanceof ProductError ? error.kind : 'bug';
    return { state: 'failed', kind, message: messageOf(error), step: '', leftovers: [], result: undefined };
  }

  #tellEnd({ kind, buildId, subject, startedAt }: OngoingJob, outcome: JobOutcome, now: number): void {
    const { logger } = this.#parts;
    const fields = { kind, subject, buildId, seconds: Math.round((now - startedAt) / 1000) };
    const { undelivered, unpruned } = readJobResult(outcome);
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
