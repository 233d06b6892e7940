import type { Clock } from '../../src/model/clock.ts';

interface Sleeper {
  readonly wakesAt: number;
  readonly wake: () => void;
}

/** Longer than every pause between polls or retries, and shorter than every deadline in tests. */
const LONGEST_NAP_MS = 10_000;

/**
 * A clock for tests with real sockets. Naps (pauses between polls or retries) end at once and advance the time. Longer
 * sleeps (deadlines) end when naps or the test have advanced the time far enough.
 */
export class SkippingClock implements Clock {
  #now = Date.parse('2026-11-21T08:00:00.000Z');
  readonly #sleepers = new Set<Sleeper>();
  /** The naps taken, in milliseconds. */
  readonly naps: number[] = [];
  readonly #longestNapMs: number;

  /** A shorter `longestNapMs` makes more sleeps wait until the test advances the time. */
  constructor(longestNapMs = LONGEST_NAP_MS) {
    this.#longestNapMs = longestNapMs;
  }

  now(): number {
    return this.#now;
  }

  /** Reports whether a sleep ends in exactly this number of milliseconds. */
  hasSleeper(milliseconds: number): boolean {
    return this.countSleepers(milliseconds) > 0;
  }

  /** Counts the sleeps that end in exactly this number of milliseconds. */
  countSleepers(milliseconds: number): number {
    return [...this.#sleepers].filter(({ wakesAt }) => wakesAt === this.#now + milliseconds).length;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (milliseconds <= this.#longestNapMs) {
      this.naps.push(milliseconds);
      this.advance(milliseconds);
      await new Promise((resolve) => setImmediate(resolve));
    } else await this.#sleepLong(milliseconds, signal);
    signal?.throwIfAborted();
  }

  /** Advances the time and ends the sleeps that are due. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
    const due = [...this.#sleepers].filter(({ wakesAt }) => wakesAt <= this.#now);
    for (const sleeper of due.sort((a, b) => a.wakesAt - b.wakesAt)) sleeper.wake();
  }

  #sleepLong(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { wakesAt: this.#now + milliseconds, wake: () => end() };
      const end = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', end, { once: true });
    });
  }
}
