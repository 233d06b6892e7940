import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../src/model/clock.ts';

/** Creates a clock that runs `speed` times as fast as the host's, to match an emulator that runs as fast. */
export function createFastClock(speed: number): Clock {
  const began = { at: Date.now(), monotonic: performance.now() };
  return {
    now: () => began.at + (performance.now() - began.monotonic) * speed,
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      await pause(milliseconds / speed, undefined, signal === undefined ? {} : { signal }).catch(() => {
        signal?.throwIfAborted();
      });
    },
  };
}
