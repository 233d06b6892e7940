import { join } from 'node:path';
import type { UnitPaths } from '../model/unit/unit-paths.ts';
import { type DesiredState, buildCloudOf } from '../model/unit/desired-state.ts';
import type { OngoingJob } from '../model/job/ongoing-job.ts';
import type { Observation } from '../model/observation.ts';
import { rememberAnswered } from './journal/answers.ts';
import { rememberListed } from './journal/back-off.ts';
import { type Batch, NO_BATCH, countWaiting, nextBatch } from './report/build-batch.ts';
import { listReportedIds } from './report/cloud-reports.ts';
import { deriveBuilt } from './report/derive-built.ts';
import { type BuildCalendar, BuildCalendars } from './build-calendar.ts';
import { CLOUD_ANSWERED, cloudsToObserve } from './causes.ts';
import { type Inbox, readInbox } from './inbox.ts';
import { type ReconcileInput, toReconcileInput } from './reconcile-input.ts';
import type { JobRunner } from './jobs/job-runner.ts';
import type { JournalFile } from './journal/journal-file.ts';
import type { CharmNotifier } from './notify/charm-notifier.ts';
import type { Observer } from './observer.ts';
import type { Outbox } from './report/outbox.ts';
import { type Plan, planWork } from './plan/plan.ts';
import type { JobContext } from './journal/record-job-end.ts';
import { cancelJobs } from './jobs/cancel-jobs.ts';
import { type FoundJobs, type JobStarts, adoptJobs, startJobs } from './jobs/start-jobs.ts';
import { PlanChangeLog, ChangeLog } from './report/change-log.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { HttpServers } from './http-servers.ts';
import { logFailure } from '../system/log/log-failure.ts';
import { listUnknownFolders, listUnrecordedJobs } from './jobs/unrecorded-jobs.ts';

/** Creates a job runner for one reconcile, with the desired state of that moment. */
export type JobRunnerFor = (desired: DesiredState) => JobRunner;

export interface ReconcilerParts extends JobStarts {
  readonly version: string;
  readonly paths: UnitPaths;
  /** Aborted when the daemon stops. No job starts afterwards. */
  readonly signal: AbortSignal;
  readonly runnerFor: JobRunnerFor;
  readonly observer: Observer;
  readonly journal: JournalFile;
  readonly outbox: Outbox;
  readonly notifier: CharmNotifier;
  readonly metrics: Metrics;
  readonly servers: HttpServers;
}

/** The results of a reconcile, kept for later reports of steps. */
interface Findings extends JobContext {
  readonly calendar: BuildCalendar;
  readonly runner: JobRunner;
  readonly observation: Observation | undefined;
  readonly plan: Plan;
}

/** The running jobs and the state of the clouds at one moment. */
interface Snapshot {
  readonly ongoing: readonly OngoingJob[];
  readonly observation: Observation | undefined;
}

/**
 * Compares the desired with the observed state, starts the jobs that remove the difference, and reports to the charm.
 * Callers must run one reconcile at a time.
 */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #planLog: PlanChangeLog;
  readonly #problems = new ChangeLog();
  readonly #calendars = new BuildCalendars();
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
    const { logger, metrics, clock } = this.#parts;
    logger.debug('reconcile', { causes });
    await this.#attempt('the reconcile failed', async () => {
      await this.#beat();
      if (!(await this.#reconcileOnce(causes))) return;
      metrics.beat(clock.now());
      await this.#beat();
      logger.debug('reconciled');
    });
  }

  /** Repeats the last report to the charm with the current steps of running jobs. */
  async reportSteps(): Promise<void> {
    await this.#beat();
    const last = this.#last;
    if (last === undefined || this.#parts.supervisor.jobs.length === 0) return;
    await this.#attempt('the steps of running jobs were not reported', () => this.#report(last));
  }

  /** Returns false when nothing can be planned before the build cloud has answered. */
  async #reconcileOnce(causes: readonly string[]): Promise<boolean> {
    const { paths, outbox, observer, runnerFor } = this.#parts;
    const inbox = await readInbox(paths);
    this.#logProblems(inbox);
    const input = toReconcileInput(inbox);
    if (input === undefined) {
      await outbox.writeIdleReason(inbox.waitReason ?? 'waiting for the charm');
      return true;
    }
    const runner = runnerFor(input.desired);
    adoptJobs(await this.#findJobs(runner), this.#jobContext(input), runner, this.#parts);
    await cancelJobs(input.desired, runner, this.#parts);
    if (input.credentials === 'ready') {
      const which = cloudsToObserve(causes);
      if (which === 'all') await observer.observe(input, runner);
      if (which === 'changed') await observer.observeChanged(input, runner);
      if (which === 'all' && !causes.includes(CLOUD_ANSWERED)) return false;
    }
    const snapshot = this.#takeSnapshot(input);
    const buildCloud = buildCloudOf(input.desired);
    if (snapshot.observation?.every(({ cloudId }) => cloudId !== buildCloud) === true) return false;
    await this.#execute(input, snapshot, runner);
    return true;
  }

  /** Reads jobs and answers at the same moment: a job counts as running, or answers that may lack its effect are left out. */
  #takeSnapshot(input: ReconcileInput): Snapshot {
    const { supervisor, observer, logger } = this.#parts;
    const isReady = input.credentials === 'ready';
    logger.debug('snapshot', { unanswered: observer.openCount });
    return { ongoing: supervisor.jobs, observation: isReady ? observer.answersFor(input) : undefined };
  }

  #jobContext({ desired, schedule }: ReconcileInput): Pick<Findings, keyof JobContext | 'calendar'> {
    const calendar = this.#calendars.at(schedule, this.#parts.clock.now());
    return { desired, intervalHours: calendar.intervalHours, calendar };
  }

  async #execute(input: ReconcileInput, snapshot: Snapshot, runner: JobRunner): Promise<void> {
    const { clock, journal, outbox, signal, version, observer } = this.#parts;
    const { desired, credentials } = input;
    const context = this.#jobContext(input);
    const { observation } = snapshot;
    await journal.update((before) => rememberAnswered(rememberListed(before, desired, snapshot), desired));
    const plan = planWork({
      ...context,
      ...snapshot,
      projects: observer.projects,
      credentials,
      journal: journal.current,
      reportedIds: listReportedIds(outbox.written),
      now: clock.now(),
      version,
    });
    if (signal.aborted) return;
    this.#planLog.log(plan);
    await this.#start(plan, { ...context, runner, observation, plan });
    await this.#attempt('the files of old jobs were not removed', () => runner.tidy());
  }

  /**
   * Starts the jobs of a plan. Prunes start after built.json is written, so that the charm can read that an image is no
   * longer offered before the image is deleted.
   */
  async #start(plan: Plan, findings: Findings): Promise<void> {
    const { signal, supervisor } = this.#parts;
    const isPrune = ({ act }: Plan[number]): boolean => act === 'prune' || act === 'prune-clouds';
    const prunes = plan.filter(isPrune);
    startJobs(
      plan.filter((entry) => !isPrune(entry)),
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
    await runner.killObservations();
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

  #countBatch(plan: Plan, desired: DesiredState): void {
    const running = this.#parts.supervisor.jobs.filter(({ kind }) => kind === 'build').length;
    const change = { ended: this.#buildsEnded, running, waiting: countWaiting(plan, desired) };
    this.#batch = nextBatch(this.#batch, change);
    this.#buildsEnded = 0;
  }

  async #report({ desired, calendar, observation, plan, runner }: Findings): Promise<void> {
    const { supervisor, journal, outbox, notifier, metrics, servers, clock } = this.#parts;
    await servers.listen(desired, outbox.written);
    const ongoing = await Promise.all(
      supervisor.jobs.map(async (job) => ({ ...job, step: await runner.readStep(job.buildId) })),
    );
    const input = { desired, observation, plan, ongoing, journal: journal.current, batch: this.#batch };
    const built = deriveBuilt(outbox.written, { ...input, ...servers.ports });
    metrics.setState({ desired, intervalHours: calendar.expectedHours, observation, built }, clock.now());
    await outbox.write(built);
    notifier.notify({ built, desired });
  }

  #logProblems({ problems }: Inbox): void {
    const changed = this.#problems.changes(new Map(problems.map((problem) => [problem, ''])));
    for (const [reason] of changed)
      this.#parts.logger.warning('a file that hooks write cannot be used', { reason });
  }

  /** Shows the charm that the daemon lives. A daemon whose reconcile never ends stops doing so. */
  async #beat(): Promise<void> {
    const { outbox, clock } = this.#parts;
    await this.#attempt('the heartbeat was not written', () => outbox.beat(clock.now()));
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
