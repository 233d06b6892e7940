import { createTask, setLogger } from 'node-cron';
import type { Clock } from '../model/clock.ts';
import type { Logger } from '../system/log/logger.ts';

/** What has the daemon look again from time to time. */
export interface Schedule {
  /** Calls `onTick` until the signal is aborted, and never again while it is at work. */
  start(onTick: () => Promise<void>, signal: AbortSignal): void;
}

/** Every five minutes. What is due is decided by the plan, so a tick may be late, lost or doubled. */
const TICK_PATTERN = '*/5 * * * *';

/** How often to look whether somebody has set the clock. */
const WATCH_MS = 1000;

/** How far it may be set before node-cron is started anew. */
const TOLERANCE_MS = 60_000;

export interface CronTime {
  readonly clock: Clock;
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonic: () => number;
  readonly watchMs?: number;
}

/**
 * Ticks by node-cron, in UTC. It waits for a time of day: after a clock that went back it would be silent as long, and
 * after one that went ahead it would walk through all that it missed, so that it is started anew then.
 */
export function createCronSchedule(logger: Logger, time: CronTime, pattern = TICK_PATTERN): Schedule {
  return {
    start: (onTick, signal) => {
      setLogger(quietLogger(logger));
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
    const task = createTask(pattern, work, { timezone: 'UTC', noOverlap: true, name: 'tick' });
    void task.start();
    const seconds = await untilClockIsSet(run);
    void task.destroy();
    if (!isStopped()) logger.warning('the clock was set: the ticks begin anew', { seconds });
  }
}

/** Resolves, with how far it was set, or when the signal is aborted. */
async function untilClockIsSet({ clock, monotonic, watchMs = WATCH_MS, signal }: CronRun): Promise<number> {
  const lead = (): number => clock.now() - monotonic();
  const before = lead();
  while (!signal.aborted && !isClockSet(before, lead())) {
    await clock.sleep(watchMs, signal).catch(() => undefined);
  }
  return Math.round((lead() - before) / 1000);
}

/** Is a clock that led another by `before` milliseconds, and leads it by `now`, no longer the same? */
export function isClockSet(before: number, now: number): boolean {
  return Math.abs(now - before) > TOLERANCE_MS;
}

/** A task that was started anew knows nothing of the run of the one before it. */
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

/** Ticks every `seconds` of the clock: for rehearsals and tests. */
export function createFixedSchedule(clock: Clock, seconds: number): Schedule {
  return {
    start: (onTick, signal) => {
      void tickOn(onTick, { clock, seconds, signal });
    },
  };
}

async function tickOn(
  onTick: () => Promise<void>,
  { clock, seconds, signal }: { clock: Clock; seconds: number; signal: AbortSignal },
): Promise<void> {
  const isStopped = (): boolean => signal.aborted;
  while (!isStopped()) {
    await clock.sleep(seconds * 1000, signal).catch(() => undefined);
    if (!isStopped()) await onTick();
  }
}

/** node-cron would print in colours to stderr; a tick that is missed or skipped is no news. */
function quietLogger(logger: Logger): Parameters<typeof setLogger>[0] {
  const tell = (message: string | Error): void => {
    logger.debug('node-cron', { said: String(message) });
  };
  return {
    info: tell,
    warn: tell,
    debug: tell,
    error: (message) => {
      logger.error('node-cron', { said: String(message) });
    },
  };
}
