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

/** Creates a job runner for one reconcile, with the desired state and the environment of that moment. */
export type JobRunnerFor = (desired: DesiredState, environment: Inbox['environment']) => JobRunner;

export interface ReconcilerParts extends JobStarts {
  readonly version: string;
  readonly paths: UnitPaths;
  /** Aborted when the daemon stops. No job starts afterwards. */
  readonly signal: AbortSignal;
  readonly runnerFor: JobRunnerFor;
  readonly journal: JournalFile;
  readonly outbox: Outbox;
  readonly notifier: CharmNotifier;
}

/** The results of a reconcile, kept for later reports of steps. */
interface Findings extends JobContext {
  readonly runner: JobRunner;
  readonly observation: Observation | undefined;
  readonly plan: Plan;
}

/** The running jobs and the state of the clouds at one moment. */
interface Snapshot {
  readonly ongoing: readonly OngoingJob[];
  readonly observation: Observation | undefined;
}

/** The attempts of one reconcile while the desired state keeps changing. A later change requests another reconcile. */
const MAX_ATTEMPTS = 3;

/**
 * Compares the desired with the observed state, starts the jobs that remove the difference, and reports to the charm.
 * Callers must run one reconcile at a time.
 */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #planLog: PlanChangeLog;
  readonly #problems = new ChangeLog();
  #last: Findings | undefined;
  #batch: Batch = NO_BATCH;
  #buildsEnded = 0;
  #hasReadEndedJobs = false;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    this.#planLog = new PlanChangeLog(parts.logger);
  }

  /** Counts a build that has ended, for the batch of the next report. */
  countEndedBuild(): void {
    this.#buildsEnded += 1;
  }

  /** Reconciles once. Never rejects, because a failed reconcile must not stop later ones. */
  async reconcile(causes: readonly string[]): Promise<void> {
    this.#parts.logger.debug('reconcile', { causes });
    await this.#attempt('the reconcile failed', async () => {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        if (await this.#reconcileOnce()) return;
        this.#parts.logger.debug('the desired state changed during the reconcile: starting again');
      }
    });
  }

  /** Repeats the last report to the charm with the current steps of running jobs. */
  async reportSteps(): Promise<void> {
    const last = this.#last;
    if (last === undefined || this.#parts.supervisor.jobs.length === 0) return;
    await this.#attempt('the steps of running jobs were not reported', () => this.#report(last));
  }

  /** Returns false when the desired state changed during the observation. Then nothing was started. */
  async #reconcileOnce(): Promise<boolean> {
    const first = await readInbox(this.#parts.paths);
    this.#logProblems(first);
    const before = toReconcileInput(first);
    if (before === undefined) {
      await this.#parts.outbox.writeIdleReason(first.waitReason ?? 'waiting for the charm');
      return true;
    }
    const snapshot = await this.#takeSnapshot(before);
    const after = toReconcileInput(await readInbox(this.#parts.paths));
    if (after === undefined || !isCovered(after, before)) return false;
    await this.#execute(after, snapshot);
    return true;
  }

  async #takeSnapshot(input: ReconcileInput): Promise<Snapshot> {
    const { desired, credentials, environment } = input;
    const runner = this.#parts.runnerFor(desired, environment);
    adoptJobs(await this.#findJobs(runner), input, runner, this.#parts);
    // Read before the observation: a job that ends during it still counts as running, as its result may not be visible yet.
    const ongoing = this.#parts.supervisor.jobs;
    const observation = credentials === 'ready' ? await this.#observe(runner, desired) : undefined;
    return { ongoing, observation };
  }

  async #execute(
    { desired, intervalHours, credentials, environment }: ReconcileInput,
    snapshot: Snapshot,
  ): Promise<void> {
    const { clock, journal, signal, version } = this.#parts;
    const context = { desired, intervalHours };
    const runner = this.#parts.runnerFor(desired, environment);
    await journal.update((before) => rememberAnswered(before, desired));
    const plan = planWork({
      ...context,
      ...snapshot,
      credentials,
      journal: journal.current,
      now: clock.now(),
      version,
    });
    if (signal.aborted) return;
    this.#planLog.log(plan);
    await this.#start(plan, { ...context, runner, observation: snapshot.observation, plan });
    await this.#attempt('the files of old jobs were not removed', () => runner.tidy());
  }

  /**
   * Starts the jobs of a plan. Prunes start after built.json is written, so that the charm can read that an image is no
   * longer offered before the image is deleted.
   */
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
    const isReported = await this.#attempt('built.json was not written', () => this.#report(findings));
    if (!isReported || signal.aborted) return;
    const before = supervisor.jobs.length;
    startJobs(prunes, findings, findings.runner, this.#parts);
    if (supervisor.jobs.length === before) return;
    await this.#attempt('built.json was not written', () => this.#report(findings));
  }

  /** Finds the running jobs, and in the first reconcile also the jobs that ended while no daemon was running. */
  async #findJobs(runner: JobRunner): Promise<FoundJobs> {
    const { paths, logger } = this.#parts;
    const running = await runner.listOngoing();
    if (this.#hasReadEndedJobs) return { running, ended: [] };
    const unknown = await listUnknownFolders(paths);
    if (unknown.length > 0)
      logger.warning('unknown folders among the jobs were left in place', {
        paths: unknown.map((name) => join(paths.jobs, name)),
      });
    const runningIds = new Set(running.map(({ buildId }) => buildId));
    const ended = (await listUnrecordedJobs(paths)).filter(({ buildId }) => !runningIds.has(buildId));
    this.#hasReadEndedJobs = true;
    return { running, ended };
  }

  async #observe(runner: JobRunner, desired: DesiredState): Promise<Observation | undefined> {
    try {
      return await runner.observe([buildCloudOf(desired), ...uploadCloudsOf(desired)]);
    } catch (error) {
      if (!this.#parts.signal.aborted) logFailure(this.#parts.logger, 'the clouds were not observed', error);
      return undefined;
    }
  }

  #countBatch(plan: Plan, desired: DesiredState): void {
    const running = this.#parts.supervisor.jobs.filter(({ kind }) => kind === 'build').length;
    const change = { ended: this.#buildsEnded, running, waiting: countWaiting(plan, desired) };
    this.#batch = nextBatch(this.#batch, change);
    this.#buildsEnded = 0;
  }

  async #report({ desired, observation, plan, runner }: Findings): Promise<void> {
    const { supervisor, journal, outbox, notifier } = this.#parts;
    const ongoing = await Promise.all(
      supervisor.jobs.map(async (job) => ({ ...job, step: await runner.readStep(job.buildId) })),
    );
    const input = { desired, observation, plan, ongoing, journal: journal.current, batch: this.#batch };
    const built = deriveBuilt(outbox.written, input);
    await outbox.write(built);
    notifier.notify({ built, desired });
  }

  #logProblems({ problems }: Inbox): void {
    const changed = this.#problems.changes(new Map(problems.map((problem) => [problem, ''])));
    for (const [reason] of changed)
      this.#parts.logger.warning('a file that hooks write cannot be used', { reason });
  }

  /** Runs the work and logs its failure. Returns false when it failed. */
  async #attempt(failureMessage: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!this.#parts.signal.aborted) logFailure(this.#parts.logger, failureMessage, error);
      return false;
    }
  }
}
