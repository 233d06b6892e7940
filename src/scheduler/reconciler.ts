import { join } from 'node:path';
import type { UnitPaths } from '../model/unit-paths.ts';
import { type DesiredState, buildCloudOf, uploadCloudsOf } from '../model/desired-state.ts';
import type { OngoingJob } from '../model/ongoing-job.ts';
import type { Observation } from '../model/observation.ts';
import { rememberAnswered } from './journal/back-off.ts';
import { type Batch, NO_BATCH, countWaiting, nextBatch } from './report/build-batch.ts';
import { deriveBuilt } from './report/derive-built.ts';
import { type Inbox, readInbox } from './inbox.ts';
import { type ReconcileInput, isCovered, toReconcileInput } from './reconcile-input.ts';
import type { JobRunner } from './jobs/job-runner.ts';
import type { JournalFile } from './journal/journal-file.ts';
import type { CharmNotifier } from './notify/charm-notifier.ts';
import type { Outbox } from './report/outbox.ts';
import { type Plan, planWork } from './plan/plan.ts';
import type { JobContext } from './journal/record-job-end.ts';
import { type FoundJobs, type JobStarts, adoptJobs, startJobs } from './jobs/start-jobs.ts';
import { PlanChangeLog, ChangeLog } from './report/change-log.ts';
import { logFailure } from '../system/log/log-failure.ts';
import { listUnknownFolders, listUnrecordedJobs } from './jobs/unrecorded-jobs.ts';

/** Makes what runs jobs under the settings of one round. */
export type JobRunnerFor = (desired: DesiredState, environment: Inbox['environment']) => JobRunner;

export interface ReconcilerParts extends JobStarts {
  readonly version: string;
  readonly paths: UnitPaths;
  /** Aborted when the daemon stops: nothing more is started. */
  readonly signal: AbortSignal;
  readonly runnerFor: JobRunnerFor;
  readonly journal: JournalFile;
  readonly outbox: Outbox;
  readonly notifier: CharmNotifier;
}

/** What the last round came to. */
interface Findings extends JobContext {
  readonly runner: JobRunner;
  readonly observation: Observation | undefined;
  readonly plan: Plan;
}

/** What the clouds were looked at for. */
interface Seen {
  readonly ongoing: readonly OngoingJob[];
  readonly observation: Observation | undefined;
}

/** Then the change that comes next brings a round of its own. */
const MOST_BEGINNINGS = 3;

/** Looks at what is wanted and what there is, starts what is to be done, and tells the charm. One round at a time. */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #planLog: PlanChangeLog;
  readonly #problems = new ChangeLog();
  #last: Findings | undefined;
  #batch: Batch = NO_BATCH;
  #buildsEnded = 0;
  #hasLookedBack = false;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    this.#planLog = new PlanChangeLog(parts.logger);
  }

  /** One of the builds under way has ended. */
  noteBuildEnd(): void {
    this.#buildsEnded += 1;
  }

  /** One whole round. Never rejects: the next one comes whatever became of this one. */
  async reconcile(causes: readonly string[]): Promise<void> {
    this.#parts.logger.debug('round', { causes });
    await this.#survive('the round failed', async () => {
      for (let begun = 0; begun < MOST_BEGINNINGS; begun += 1) {
        if (await this.#round()) return;
        this.#parts.logger.debug('what is wanted has changed: the round begins anew');
      }
    });
  }

  /** Tells the charm again what the last round found, with the steps that jobs are at now. */
  async reportSteps(): Promise<void> {
    const last = this.#last;
    if (last === undefined || this.#parts.supervisor.jobs.length === 0) return;
    await this.#survive('the steps were not told', () => this.#tell(last));
  }

  /** Tells whether it went through: nothing is started from a desired state that has been replaced meanwhile. */
  async #round(): Promise<boolean> {
    const first = await readInbox(this.#parts.paths);
    this.#tellProblems(first);
    const before = toReconcileInput(first);
    if (before === undefined) {
      await this.#parts.outbox.rest(first.lacks ?? 'waiting for the charm');
      return true;
    }
    const seen = await this.#see(before);
    const after = toReconcileInput(await readInbox(this.#parts.paths));
    if (after === undefined || !isCovered(after, before)) return false;
    await this.#act(after, seen);
    return true;
  }

  async #see(orders: ReconcileInput): Promise<Seen> {
    const { desired, credentials, environment } = orders;
    const runner = this.#parts.runnerFor(desired, environment);
    adoptJobs(await this.#findJobs(runner), orders, runner, this.#parts);
    const ongoing = this.#parts.supervisor.jobs; // before the clouds are looked at: what ends meanwhile is not seen there
    const observation = credentials === 'ready' ? await this.#observe(runner, desired) : undefined;
    return { ongoing, observation };
  }

  async #act(
    { desired, intervalHours, credentials, environment }: ReconcileInput,
    seen: Seen,
  ): Promise<void> {
    const { clock, journal, signal, version } = this.#parts;
    const terms = { desired, intervalHours };
    const runner = this.#parts.runnerFor(desired, environment);
    await journal.update((before) => rememberAnswered(before, desired));
    const plan = planWork({
      ...terms,
      ...seen,
      credentials,
      journal: journal.current,
      now: clock.now(),
      version,
    });
    if (signal.aborted) return;
    this.#planLog.log(plan);
    await this.#start(plan, { ...terms, runner, observation: seen.observation, plan });
    await this.#survive('old jobs were not tidied', () => runner.tidy());
  }

  /** What is pruned was published no more: the charm must be able to read so before anything is deleted. */
  async #start(plan: Plan, findings: Findings): Promise<void> {
    const { signal, supervisor } = this.#parts;
    const prunes = plan.filter(({ act }) => act === 'prune');
    startJobs(
      plan.filter(({ act }) => act !== 'prune'),
      findings,
      findings.runner,
      this.#parts,
    );
    this.#countBatch(plan, findings.desired);
    this.#last = findings;
    const isTold = await this.#survive('built.json was not written', () => this.#tell(findings));
    if (!isTold || signal.aborted) return;
    const before = supervisor.jobs.length;
    startJobs(prunes, findings, findings.runner, this.#parts);
    if (supervisor.jobs.length === before) return;
    await this.#survive('built.json was not written', () => this.#tell(findings));
  }

  /** Those that run; and at first those also that ended while no daemon was there. */
  async #findJobs(runner: JobRunner): Promise<FoundJobs> {
    const { paths, logger } = this.#parts;
    const running = await runner.listOngoing();
    if (this.#hasLookedBack) return { running, ended: [] };
    const strays = await listUnknownFolders(paths);
    if (strays.length > 0)
      logger.warning('not the folder of a job, and left alone', {
        paths: strays.map((name) => join(paths.jobs, name)),
      });
    const isRunning = new Set(running.map(({ buildId }) => buildId));
    const ended = (await listUnrecordedJobs(paths)).filter(({ buildId }) => !isRunning.has(buildId));
    this.#hasLookedBack = true;
    return { running, ended };
  }

  async #observe(runner: JobRunner, desired: DesiredState): Promise<Observation | undefined> {
    try {
      return await runner.observe([buildCloudOf(desired), ...uploadCloudsOf(desired)]);
    } catch (error) {
      if (!this.#parts.signal.aborted) logFailure(this.#parts.logger, 'the clouds were not seen', error);
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
    const { supervisor, journal, outbox, notifier: nudger } = this.#parts;
    const ongoing = await Promise.all(
      supervisor.jobs.map(async (job) => ({ ...job, step: await runner.readStep(job.buildId) })),
    );
    const input = { desired, observation, plan, ongoing, journal: journal.current, batch: this.#batch };
    const built = deriveBuilt(outbox.written, input);
    await outbox.write(built);
    nudger.notify({ built, desired });
  }

  #tellProblems({ problems }: Inbox): void {
    const news = this.#problems.changes(new Map(problems.map((problem) => [problem, ''])));
    for (const [reason] of news) this.#parts.logger.warning('what hooks left cannot be used', { reason });
  }

  /** Tells whether the work went through. */
  async #survive(what: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!this.#parts.signal.aborted) logFailure(this.#parts.logger, what, error);
      return false;
    }
  }
}
