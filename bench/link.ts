import { setTimeout as sleep } from 'node:timers/promises';

/** A network link with a limited rate that all its transfers share. */
export interface Link {
  /** Resolves when another `bytes` have passed. */
  pass(bytes: number): Promise<void>;
}

const BURST_MS = 20;

/** Opens a link. It may be ahead of its rate by up to 20 ms, because timers are not precise enough for less. */
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
