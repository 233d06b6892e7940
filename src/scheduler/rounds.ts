import type { UnitPaths } from '../model/unit-paths.ts';
import type { DesiredState } from '../model/desired-state.ts';
import type { Observation } from '../model/observation.ts';
import { rememberAnswered } from './back-off.ts';
import { type Batch, NO_BATCH, countWaiting, nextBatch } from './batch.ts';
import { deriveBuilt } from './derive-built.ts';
import { type Inbox, readInbox } from './inbox.ts';
import type { JobRunner } from './job-runner.ts';
import type { JournalFile } from './journal-file.ts';
import type { Nudger } from './nudger.ts';
import type { Outbox } from './outbox.ts';
import { listConsumerClouds } from './plan-clouds.ts';
import { type Plan, planWork } from './plan.ts';
import type { JobTerms } from './settle-job.ts';
import { type JobStarts, adoptJobs, startJobs } from './start-jobs.ts';
import { PlanLog, Told } from './told.ts';
import { tellTrouble } from './trouble.ts';

/** Makes what runs jobs under the settings of one round. */
export type JobRunnerFor = (desired: DesiredState, environment: Inbox['environment']) => JobRunner;

export interface RoundParts extends JobStarts {
  readonly version: string;
  readonly paths: UnitPaths;
  /** Aborted when the daemon stops: nothing more is started. */
  readonly signal: AbortSignal;
  readonly runnerFor: JobRunnerFor;
  readonly journal: JournalFile;
  readonly outbox: Outbox;
  readonly nudger: Nudger;
}

/** What the last round came to. */
interface Findings extends JobTerms {
  readonly runner: JobRunner;
  readonly observation: Observation | undefined;
  readonly plan: Plan;
}

/** Looks at what is wanted and what there is, starts what is to be done, and tells the charm. One round at a time. */
export class Rounds {
  readonly #parts: RoundParts;
  readonly #planLog: PlanLog;
  readonly #problems = new Told();
  #last: Findings | undefined;
  #batch: Batch = NO_BATCH;
  #buildsEnded = 0;
  #hasLookedBack = false;

  constructor(parts: RoundParts) {
    this.#parts = parts;
    this.#planLog = new PlanLog(parts.logger);
  }

  /** One of the builds under way has ended. */
  noteBuildEnd(): void {
    this.#buildsEnded += 1;
  }

  /** One whole round. Never rejects: the next one comes whatever became of this one. */
  async look(causes: readonly string[]): Promise<void> {
    this.#parts.logger.debug('round', { causes });
    await this.#survive('the round failed', async () => {
      const inbox = await readInbox(this.#parts.paths);
      this.#tellProblems(inbox);
      const { desired, schedule } = inbox;
      if (desired === undefined || schedule === undefined) return;
      await this.#round({ desired, intervalHours: schedule.intervalHours }, inbox);
    });
  }

  /** Tells the charm again what the last round found, with the steps that jobs are at now. */
  async tellSteps(): Promise<void> {
    const last = this.#last;
    if (last === undefined || this.#parts.supervisor.jobs.length === 0) return;
    await this.#survive('the steps were not told', () => this.#tell(last));
  }

  async #round(terms: JobTerms, { credentials, environment }: Inbox): Promise<void> {
    const { clock, journal, supervisor, signal, version } = this.#parts;
    const { desired } = terms;
    const runner = this.#parts.runnerFor(desired, environment);
    adoptJobs(await this.#findJobs(runner), terms, runner, this.#parts);
    const ongoing = supervisor.jobs; // before the clouds are looked at: what ends meanwhile is not seen there yet
    const observation = credentials === 'ready' ? await this.#observe(runner, desired) : undefined;
    await journal.update((before) => rememberAnswered(before, desired));
    const seen = { credentials, observation, ongoing, journal: journal.current, now: clock.now() };
    const plan = planWork({ ...terms, ...seen, version });
    if (signal.aborted) return;
    this.#planLog.tell(plan);
    startJobs(plan, terms, runner, this.#parts);
    this.#countBatch(plan, desired);
    this.#last = { ...terms, runner, observation, plan };
    await this.#tell(this.#last);
    await runner.tidy();
  }

  /** Those that run; and at first those also that ended while no daemon was there. */
  async #findJobs(runner: JobRunner) {
    const running = await runner.listOngoing();
    const left = this.#hasLookedBack ? [] : await runner.listUnsettled();
    this.#hasLookedBack = true;
    return [...running, ...left];
  }

  async #observe(runner: JobRunner, desired: DesiredState): Promise<Observation | undefined> {
    try {
      return await runner.observe([desired.build.cloud, ...listConsumerClouds(desired)]);
    } catch (error) {
      if (!this.#parts.signal.aborted) tellTrouble(this.#parts.logger, 'the clouds were not seen', error);
      return undefined;
    }
  }

  #countBatch(plan: Plan, desired: DesiredState): void {
    const running = this.#parts.supervisor.jobs.filter(({ kind }) => kind === 'build').length;
    const change = { ended: this.#buildsEnded, running, waiting: countWaiting(plan, desired) };
    this.#batch = nextBatch(this.#batch, change);
    this.#buildsEnded = 0;
  }

  async #tell({ desired, observation, plan, runner }: Findings): Promise<void> {
    const { supervisor, journal, outbox, nudger } = this.#parts;
    const ongoing = await Promise.all(
      supervisor.jobs.map(async (job) => ({ ...job, step: await runner.readStep(job.buildId) })),
    );
    const input = { desired, observation, plan, ongoing, journal: journal.current, batch: this.#batch };
    const built = deriveBuilt(outbox.written, input);
    await outbox.write(built);
    nudger.offer({ built, desired });
  }

  #tellProblems({ problems }: Inbox): void {
    const news = this.#problems.news(new Map(problems.map((problem) => [problem, ''])));
    for (const [reason] of news) this.#parts.logger.warning('what hooks left cannot be used', { reason });
  }

  async #survive(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#parts.signal.aborted) tellTrouble(this.#parts.logger, what, error);
    }
  }
}
