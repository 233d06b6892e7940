import { setTimeout as sleep } from 'node:timers/promises';

/** A link of so many bytes a second, shared by all that goes over it. */
export interface Link {
  /** Resolves when `bytes` more have passed. */
  pass(bytes: number): Promise<void>;
}

const BURST_MS = 20;

/** Opens a link; it may be ahead of its rate by 20 ms, since timers are no finer. */
export function openLink(bytesPerSecond: number): Link {
  let freeAt = performance.now();
  return {
    pass: async (bytes) => {
      freeAt = Math.max(performance.now(), freeAt) + (bytes / bytesPerSecond) * 1000;
      const ahead = freeAt - performance.now();
      if (ahead > BURST_MS) await sleep(ahead - BURST_MS / 2);
    },
  };
}
