/** The clock of the emulator. Its delays are shorter than those of a real cloud. */
export interface EmulatorClock {
  /** Returns the time in milliseconds since 1970, for timestamps. */
  now(): number;
  /**
   * Runs `work` after `seconds` of the emulator's clock, unless the clock is closed before. Work runs in the order in
   * which it is due, however late it is.
   */
  after(seconds: number, work: () => void | Promise<void>): void;
  /** Cancels all pending work. */
  close(): void;
}

interface Pending {
  readonly dueAt: number;
  readonly work: () => void | Promise<void>;
}

/** Creates a clock on which a second takes `1 / speed` real seconds. */
export function createEmulatorClock(speed: number, now: () => number = Date.now): EmulatorClock {
  const pending: Pending[] = [];
  const timers = new Set<NodeJS.Timeout>();
  // Node runs overdue timers of one delay together, before overdue timers of another delay that are due earlier.
  const runDue = (until: number): void => {
    while (pending[0] !== undefined && pending[0].dueAt <= until) void pending.shift()?.work();
  };
  return {
    now,
    after: (seconds, work) => {
      const delay = (seconds * 1000) / speed;
      const dueAt = performance.now() + delay;
      const later = pending.findIndex((other) => other.dueAt > dueAt);
      pending.splice(later === -1 ? pending.length : later, 0, { dueAt, work });
      const timer = setTimeout(() => {
        timers.delete(timer);
        runDue(dueAt);
      }, delay);
      timers.add(timer);
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      pending.length = 0;
    },
  };
}
