/** The emulator's time: what takes a cloud so many seconds, sped up. */
export interface Pace {
  /** Milliseconds since 1970, of the clock that timestamps are told by. */
  now(): number;
  /** Does `work` when the cloud's `seconds` have passed; not after `close`. */
  after(seconds: number, work: () => void | Promise<void>): void;
  /** Lets nothing more happen. */
  close(): void;
}

/** Each of the cloud's seconds takes `1 / speed` of a real one. */
export function openPace(speed: number): Pace {
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
