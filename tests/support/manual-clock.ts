import type { Clock } from '../../src/model/clock.ts';

interface Sleeper {
  readonly wakesAt: number;
  wake(): void;
}

/** A clock that advances only when a test advances it. */
export class ManualClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];

  constructor(start = '2026-11-21T08:00:00.000Z') {
    this.#now = Date.parse(start);
  }

  now(): number {
    return this.#now;
  }

  /** The number of current sleeps. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve) => {
      const sleeper = { wakesAt: this.#now + milliseconds, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#remove(sleeper);
        resolve();
      });
    });
    signal?.throwIfAborted();
  }

  /** Advances the time and ends each sleep at its own time, including sleeps that start on the way. */
  async advance(milliseconds: number): Promise<void> {
    const target = this.#now + milliseconds;
    await settle();
    for (let next = this.#next(target); next !== undefined; next = this.#next(target)) {
      this.#now = Math.max(this.#now, next.wakesAt);
      this.#remove(next);
      next.wake();
      await settle();
    }
    this.#now = target;
  }

  #next(target: number): Sleeper | undefined {
    const due = this.#sleepers.filter((sleeper) => sleeper.wakesAt <= target);
    return due.sort((a, b) => a.wakesAt - b.wakesAt)[0];
  }

  #remove(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
  }
}

/** Waits until all pending callbacks have run. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
