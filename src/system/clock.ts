import type { Clock } from '../model/clock.ts';
import { settleWithin } from './settle.ts';

/** The longest delay that setTimeout takes; Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clock of this host. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(milliseconds, signal) {
    let left = milliseconds;
    do {
      await sleepOnce(Math.min(left, LONGEST_TIMER_MS), signal);
      left -= LONGEST_TIMER_MS;
    } while (left > 0);
  },
};

function sleepOnce(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return settleWithin({
    timeoutMs: milliseconds,
    signal,
    onTimeout: (outcome) => {
      outcome.resolve();
    },
  });
}
