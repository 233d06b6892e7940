/** The current time and timers. Code outside `system/` and `bin/` uses no other source, so tests control the time. */
export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  now(): number;
  /** Resolves after `milliseconds`; rejects with the signal's reason when the signal is aborted first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
