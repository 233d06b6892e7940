import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { hasStarted } from '../builder/jobs/job-marks.ts';
import type { Clock } from '../model/clock.ts';
import { InputError } from '../model/errors.ts';
import type { UnitPaths } from '../model/unit/unit-paths.ts';
import { removeStaleTemporaryFiles } from '../system/files/text-file.ts';
import type { Logger } from '../system/log/logger.ts';
import { removeAbandonedLockFiles, takeProcessLock } from '../system/process/process-lock.ts';
import { watchFiles } from '../system/files/watch-files.ts';
import type { DispatchCharm } from './notify/dispatch-charm.ts';
import { SingleFlight } from './single-flight.ts';
import { JournalFile } from './journal/journal-file.ts';
import { CharmNotifier } from './notify/charm-notifier.ts';
import { Outbox } from './report/outbox.ts';
import { StartThrottle } from './jobs/start-throttle.ts';
import { Observer } from './observer.ts';
import { CLOUD_ANSWERED, STEPS, jobEnded } from './causes.ts';
import { type JobRunnerFor, Reconciler } from './reconciler.ts';
import { type RecordedJob, Supervisor } from './jobs/supervisor.ts';
import { ScheduledDispatch } from './notify/scheduled-dispatch.ts';
import type { Schedule } from './schedule.ts';
import { logFailure } from '../system/log/log-failure.ts';
import { Metrics } from './metrics/metrics.ts';
import { HttpServers } from './http-servers.ts';
import { METRICS_TYPE } from './metrics/encode-metrics.ts';
import { createStatusPage } from './page/status-page.ts';

const WATCH_INTERVAL_MS = 1000;
/** The time between two reports of the steps of running jobs. */
const STEP_REPORT_MS = 60_000;

export interface DaemonParts {
  /** The Juju unit: `app/0`. */
  readonly unit: string;
  /** The version of this software. */
  readonly version: string;
  readonly paths: UnitPaths;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly schedule: Schedule;
  /** Aborted to stop the daemon. Running jobs continue. */
  readonly signal: AbortSignal;
  readonly dispatchCharm: DispatchCharm;
  readonly runnerFor: JobRunnerFor;
  readonly newBuildId: () => string;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
}

/** Keeps the images of one unit fresh until the signal is aborted. Throws LockHeldError when the unit has another daemon. */
export async function runDaemon(parts: DaemonParts): Promise<void> {
  const { paths, logger, version } = parts;
  await access(paths.state).catch((cause: unknown) => {
    throw new InputError([`${paths.state}: the folder does not exist; the charm's install hook creates it`], {
      cause,
    });
  });
  const lockPath = join(paths.state, 'scheduler.lock');
  const lock = await takeProcessLock(lockPath);
  try {
    logger.info('scheduler started', { version });
    await removeLeftovers(paths.state, lockPath).catch((error: unknown) => {
      logFailure(logger, 'files of dead processes were not removed', error);
    });
    await reconcileUntilAborted(parts);
    logger.info('scheduler stopped; running jobs continue');
  } finally {
    await lock.release();
  }
}

async function removeLeftovers(folder: string, lockPath: string): Promise<void> {
  await removeStaleTemporaryFiles(folder);
  await removeAbandonedLockFiles(lockPath);
}

async function reconcileUntilAborted(parts: DaemonParts): Promise<void> {
  const { paths, clock, logger, schedule, signal, dispatchCharm } = parts;
  const journal = await JournalFile.open(paths.journal, logger);
  const outbox = await Outbox.open(paths, logger);
  const notifier = new CharmNotifier({ dispatch: () => dispatchCharm('built'), clock, logger });
  const metrics = new Metrics(parts.version);
  const served = {
    metrics: { path: '/metrics', type: METRICS_TYPE, render: () => metrics.render() },
    page: createStatusPage(parts),
  };
  const servers = new HttpServers(served, logger);
  await servers.openSocket(paths.page);
  const onRecorded = (ended: RecordedJob): void => {
    const { job } = ended;
    metrics.countEnd(ended);
    observer.noteEnd(job);
    if (job.kind === 'build') reconciler.countEndedBuild();
    reconciles.request(jobEnded(job));
  };
  const observer = new Observer({
    clock,
    onAnswer: (clouds) => {
      metrics.countObservation(clouds);
      request(CLOUD_ANSWERED);
    },
  });
  const supervisor = new Supervisor({
    ...parts,
    journal,
    onRecorded,
    hasStarted: (buildId) => hasStarted(paths, buildId),
  });
  const reconciler = new Reconciler({
    ...parts,
    observer,
    journal,
    outbox,
    notifier,
    supervisor,
    metrics,
    servers,
    throttle: new StartThrottle(),
  });
  const reconciles = new SingleFlight((causes) =>
    causes.every((cause) => cause === STEPS)
      ? reconciler.reportSteps()
      : reconciler.reconcile(causes.filter((cause) => cause !== STEPS)),
  );
  const scheduledDispatch = new ScheduledDispatch({
    dispatch: () => dispatchCharm('run'),
    clock,
    logger,
    signal,
  });
  const request = (cause: string): void => {
    if (!signal.aborted) reconciles.request(cause);
  };

  await watchFiles({
    paths: [paths.desired, paths.schedule, paths.secrets, paths.cloudsYaml],
    intervalMs: WATCH_INTERVAL_MS,
    clock,
    signal,
    onChange: (path) => {
      request(`${path} changed`);
    },
  });
  schedule.start(async () => {
    await scheduledDispatch.dispatch();
    request('tick');
  }, signal);
  void requestSteps(request, parts);
  request('start');
  await untilAborted(signal);
  await Promise.all([reconciles.idle(), notifier.idle(), supervisor.idle()]);
  await observer.idle();
  await servers.close();
  await journal.flushed();
}

async function requestSteps(
  request: (cause: string) => void,
  { clock, signal }: Pick<DaemonParts, 'clock' | 'signal'>,
): Promise<void> {
  const isStopped = (): boolean => signal.aborted;
  while (!isStopped()) {
    await clock.sleep(STEP_REPORT_MS, signal).catch(() => undefined);
    request(STEPS);
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}
