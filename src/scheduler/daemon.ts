import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { hasStarted } from '../builder/jobs/job-marks.ts';
import type { Clock } from '../model/clock.ts';
import { InputError } from '../model/errors.ts';
import type { OngoingJob } from '../model/ongoing-job.ts';
import type { UnitPaths } from '../model/unit-paths.ts';
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
import { type JobRunnerFor, Reconciler } from './reconciler.ts';
import { Supervisor } from './jobs/supervisor.ts';
import { ScheduledDispatch } from './notify/scheduled-dispatch.ts';
import type { Schedule } from './schedule.ts';
import { logFailure } from '../system/log/log-failure.ts';

const WATCH_INTERVAL_MS = 1000;
const STEP_LOOK_MS = 60_000;
const STEPS = 'steps';

export interface DaemonParts {
  /** This software's. */
  readonly version: string;
  readonly paths: UnitPaths;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly schedule: Schedule;
  /** Aborted to stop the daemon; its jobs run on. */
  readonly signal: AbortSignal;
  readonly dispatchCharm: DispatchCharm;
  readonly runnerFor: JobRunnerFor;
  readonly newBuildId: () => string;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Keeps one unit's images fresh until the signal is aborted. Throws LockHeldError when another daemon does so. */
export async function runDaemon(parts: DaemonParts): Promise<void> {
  const { paths, logger, version } = parts;
  await access(paths.state).catch((cause: unknown) => {
    throw new InputError([`${paths.state}: not there; the charm's install hook makes it`], { cause });
  });
  const lockPath = join(paths.state, 'scheduler.lock');
  const lock = await takeProcessLock(lockPath);
  try {
    logger.info('scheduler started', { version });
    await removeLeftovers(paths.state, lockPath).catch((error: unknown) => {
      logFailure(logger, 'what dead processes left was not removed', error);
    });
    await work(parts);
    logger.info('scheduler stopped; its jobs run on');
  } finally {
    await lock.release();
  }
}

async function removeLeftovers(folder: string, lockPath: string): Promise<void> {
  await removeStaleTemporaryFiles(folder);
  await removeAbandonedLockFiles(lockPath);
}

async function work(parts: DaemonParts): Promise<void> {
  const { paths, clock, logger, schedule: ticks, signal, dispatchCharm: enterCharm } = parts;
  const journal = await JournalFile.open(paths.journal, logger);
  const outbox = await Outbox.open(paths, logger);
  const nudger = new CharmNotifier({ dispatch: () => enterCharm('built'), clock, logger });
  const onSettled = (job: OngoingJob): void => {
    if (job.kind === 'build') rounds.noteBuildEnd();
    looks.request(`${job.kind} of ${job.subject} ended`);
  };
  const supervisor = new Supervisor({
    ...parts,
    journal,
    onRecorded: onSettled,
    hasStarted: (buildId) => hasStarted(paths, buildId),
  });
  const rounds = new Reconciler({
    ...parts,
    journal,
    outbox,
    notifier: nudger,
    supervisor,
    throttle: new StartThrottle(),
  });
  const looks = new SingleFlight((causes) =>
    causes.every((cause) => cause === STEPS) ? rounds.reportSteps() : rounds.reconcile(causes),
  );
  const ticker = new ScheduledDispatch({ dispatch: () => enterCharm('run'), clock, logger, signal });
  const look = (cause: string): void => {
    if (!signal.aborted) looks.request(cause);
  };

  await watchFiles({
    paths: [paths.desired, paths.schedule, paths.secrets, paths.cloudsYaml],
    intervalMs: WATCH_INTERVAL_MS,
    clock,
    signal,
    onChange: (path) => {
      look(`${path} changed`);
    },
  });
  ticks.start(async () => {
    await ticker.dispatch();
    look('tick');
  }, signal);
  void requestSteps(look, parts);
  look('start');
  await untilAborted(signal);
  await Promise.all([looks.idle(), nudger.idle(), supervisor.idle()]);
  await journal.flushed();
}

async function requestSteps(
  look: (cause: string) => void,
  { clock, signal }: Pick<DaemonParts, 'clock' | 'signal'>,
): Promise<void> {
  const isStopped = (): boolean => signal.aborted;
  while (!isStopped()) {
    await clock.sleep(STEP_LOOK_MS, signal).catch(() => undefined);
    look(STEPS);
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
