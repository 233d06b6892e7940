import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { hasStarted } from '../builder/job-marks.ts';
import type { Clock } from '../model/clock.ts';
import { InputError } from '../model/errors.ts';
import type { OngoingJob } from '../model/ongoing-job.ts';
import type { UnitPaths } from '../model/unit-paths.ts';
import { removeStaleDrafts } from '../system/files.ts';
import type { Logger } from '../system/logger.ts';
import { removeDeadLockDrafts, takeProcessLock } from '../system/process-lock.ts';
import { watchFiles } from '../system/watch-files.ts';
import type { CharmDoor } from './charm-door.ts';
import { Coalesced } from './coalesced.ts';
import { JournalFile } from './journal-file.ts';
import { Nudger } from './nudger.ts';
import { Outbox } from './outbox.ts';
import { Repeats } from './repeats.ts';
import { type JobRunnerFor, Rounds } from './rounds.ts';
import { Supervisor } from './supervisor.ts';
import { Ticker } from './ticker.ts';
import type { Ticks } from './ticks.ts';
import { tellTrouble } from './trouble.ts';

const WATCH_INTERVAL_MS = 1000;
const STEP_LOOK_MS = 60_000;
const STEPS = 'steps';

export interface DaemonParts {
  /** This software's. */
  readonly version: string;
  readonly paths: UnitPaths;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ticks: Ticks;
  /** Aborted to stop the daemon; its jobs run on. */
  readonly signal: AbortSignal;
  readonly enterCharm: CharmDoor;
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
      tellTrouble(logger, 'what dead processes left was not removed', error);
    });
    await work(parts);
    logger.info('scheduler stopped; its jobs run on');
  } finally {
    await lock.release();
  }
}

async function removeLeftovers(folder: string, lockPath: string): Promise<void> {
  await removeStaleDrafts(folder);
  await removeDeadLockDrafts(lockPath);
}

async function work(parts: DaemonParts): Promise<void> {
  const { paths, clock, logger, ticks, signal, enterCharm } = parts;
  const journal = await JournalFile.open(paths.journal, logger);
  const outbox = await Outbox.open(paths, logger);
  const nudger = new Nudger({ enter: () => enterCharm('built'), clock, logger });
  const onSettled = (job: OngoingJob): void => {
    if (job.kind === 'build') rounds.noteBuildEnd();
    looks.request(`${job.kind} of ${job.subject} ended`);
  };
  const supervisor = new Supervisor({
    ...parts,
    journal,
    onSettled,
    hasStarted: (buildId) => hasStarted(paths, buildId),
  });
  const rounds = new Rounds({ ...parts, journal, outbox, nudger, supervisor, repeats: new Repeats() });
  const looks = new Coalesced((causes) =>
    causes.every((cause) => cause === STEPS) ? rounds.tellSteps() : rounds.look(causes),
  );
  const ticker = new Ticker({ enter: () => enterCharm('run'), clock, logger, signal });
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
    await ticker.tick();
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
