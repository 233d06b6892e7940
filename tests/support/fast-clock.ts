import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../src/model/clock.ts';

/** The longest real time that counts between two looks at the time. */
const LONGEST_STEP_MS = 10;
const PAUSE_MS = 5;

/**
 * Creates a clock that runs `speed` times as fast as the host's, to match an emulator in the same process that runs as
 * fast. It stands still while this process does not run: a busy machine must not use up the deadline of a request that
 * the process itself answers.
 */
export function createFastClock(speed: number): Clock {
  let time = Date.now();
  let lookedAt = performance.now();
  const now = (): number => {
    const looksAt = performance.now();
    time += Math.min(looksAt - lookedAt, LONGEST_STEP_MS) * speed;
    lookedAt = looksAt;
    return time;
  };
  return {
    now,
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      const wakesAt = now() + milliseconds;
      for (let left = milliseconds; left > 0; left = wakesAt - now()) {
        const options = signal === undefined ? {} : { signal };
        await pause(Math.min(left / speed, PAUSE_MS), undefined, options).catch(() => undefined);
        signal?.throwIfAborted();
      }
    },
  };
}
