import { createTask, setLogger } from 'node-cron';
import type { Clock } from '../model/clock.ts';
import type { Logger } from '../system/logger.ts';

/** What has the daemon look again from time to time. */
export interface Ticks {
  /** Calls `onTick` until the signal is aborted, and never again while it is at work. */
  start(onTick: () => Promise<void>, signal: AbortSignal): void;
}

/** Every five minutes. What is due is decided by the plan, so a tick may be late, lost or doubled. */
export const TICK_PATTERN = '*/5 * * * *';

/** Ticks by node-cron, in UTC. */
export function createCronTicks(logger: Logger, pattern = TICK_PATTERN): Ticks {
  return {
    start: (onTick, signal) => {
      setLogger(quietLogger(logger));
      const work = async (): Promise<void> => {
        await onTick();
      };
      const task = createTask(pattern, work, { timezone: 'UTC', noOverlap: true, name: 'tick' });
      signal.addEventListener('abort', () => void task.destroy(), { once: true });
      if (!signal.aborted) void task.start();
    },
  };
}

/** Ticks every `seconds` of the clock: for rehearsals and tests. */
export function createClockTicks(clock: Clock, seconds: number): Ticks {
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
