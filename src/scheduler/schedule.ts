import type { Clock } from '../model/clock.ts';
import { startCronTask } from '../system/cron.ts';
import type { Logger } from '../system/log/logger.ts';

/** Starts a reconcile at regular times. */
export interface Schedule {
  /** Calls `onTick` until the signal is aborted. A tick is dropped while the previous call is still running. */
  start(onTick: () => Promise<void>, signal: AbortSignal): void;
}

/** Every five minutes. The plan decides which work is due, so a tick may be late, lost or doubled. */
const TICK_PATTERN = '*/5 * * * *';

/** The time between two checks of the system clock. */
const WATCH_MS = 1000;

/** The largest change of the system clock that does not restart node-cron. */
const TOLERANCE_MS = 60_000;

export interface CronTime {
  readonly clock: Clock;
  /** Returns the milliseconds of a clock that cannot be set. */
  readonly monotonic: () => number;
  readonly watchMs?: number;
}

/**
 * Creates a schedule that uses node-cron in UTC. node-cron waits for a time of day: when the system clock is set back, it
 * would wait that much longer, and when it is set ahead, it would process every missed tick. Therefore node-cron is
 * restarted when the clock changes.
 */
export function createCronSchedule(logger: Logger, time: CronTime, pattern = TICK_PATTERN): Schedule {
  return {
    start: (onTick, signal) => {
      void tickByCron(oneAtATime(onTick), { ...time, logger, pattern, signal });
    },
  };
}

type CronRun = CronTime & {
  readonly logger: Logger;
  readonly pattern: string;
  readonly signal: AbortSignal;
};

async function tickByCron(work: () => Promise<void>, run: CronRun): Promise<void> {
  const { logger, pattern, signal } = run;
  const isStopped = (): boolean => signal.aborted;
  while (!isStopped()) {
    const stop = startCronTask(pattern, work, logger);
    const seconds = await untilClockIsSet(run);
    stop();
    if (!isStopped()) logger.warning('the system clock was set: the schedule was restarted', { seconds });
  }
}

/** Waits until the system clock is set or the signal is aborted. Returns the change in seconds. */
async function untilClockIsSet({ clock, monotonic, watchMs = WATCH_MS, signal }: CronRun): Promise<number> {
  const lead = (): number => clock.now() - monotonic();
  const before = lead();
  while (!signal.aborted && !isClockSet(before, lead())) {
    await clock.sleep(watchMs, signal).catch(() => undefined);
  }
  return Math.round((lead() - before) / 1000);
}

/** Reports whether the system clock was set. `before` and `now` are its leads over the monotonic clock in milliseconds. */
export function isClockSet(before: number, now: number): boolean {
  return Math.abs(now - before) > TOLERANCE_MS;
}

/** Prevents overlapping ticks. node-cron's own `noOverlap` does not work across a restart of the task. */
function oneAtATime(onTick: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return async () => {
    if (running !== undefined) return;
    running = onTick();
    try {
      await running;
    } finally {
      running = undefined;
    }
  };
}

/** Creates a schedule that ticks every `seconds` of the given clock, for rehearsals and tests. */
export function createFixedSchedule(clock: Clock, seconds: number): Schedule {
  return {
    start: (onTick, signal) => {
      void tickEvery(onTick, { clock, seconds, signal });
    },
  };
}

async function tickEvery(
  onTick: () => Promise<void>,
  { clock, seconds, signal }: { clock: Clock; seconds: number; signal: AbortSignal },
): Promise<void> {
  const isStopped = (): boolean => signal.aborted;
  while (!isStopped()) {
    await clock.sleep(seconds * 1000, signal).catch(() => undefined);
    if (!isStopped()) await onTick();
  }
}
