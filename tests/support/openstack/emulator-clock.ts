/** The clock of the emulator. Its delays are shorter than those of a real cloud. */
export interface EmulatorClock {
  /** Returns the real time in milliseconds since 1970, for timestamps. */
  now(): number;
  /** Runs `work` after `seconds` of the emulator's clock, unless the clock is closed before. */
  after(seconds: number, work: () => void | Promise<void>): void;
  /** Cancels all pending work. */
  close(): void;
}

/** Creates a clock on which a second takes `1 / speed` real seconds. */
export function createEmulatorClock(speed: number): EmulatorClock {
  const timers = new Set<NodeJS.Timeout>();
  return {
    now: () => Date.now(),
    after: (seconds, work) => {
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          void work();
        },
        (seconds * 1000) / speed,
      );
      timers.add(timer);
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
