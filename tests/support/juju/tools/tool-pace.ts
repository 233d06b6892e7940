import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../../../src/model/clock.ts';

/** A clock with a resolution below a millisecond; it counts from the start of this process. */
const FINE_CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds) => sleep(milliseconds),
};

/** Delays hook tool calls one after another, as Juju's agent does, and adds up their durations. */
export class ToolPace {
  /** The minimum duration of a call, from the start of its process to its answer. */
  toolMs: number;
  readonly #clock: Clock;
  #freeAt = Number.NEGATIVE_INFINITY;
  #spentMs = 0;

  constructor(toolMs: number, clock: Clock = FINE_CLOCK) {
    this.toolMs = toolMs;
    this.#clock = clock;
  }

  /** The total duration of all calls, in milliseconds. */
  get spentMs(): number {
    return this.#spentMs;
  }

  /** Answers a call of a process that has already run for `elapsedMs`, delayed to the minimum duration. */
  async run<T>(elapsedMs: number, answer: () => T | 'stdin required'): Promise<T | 'stdin required'> {
    const arrivedAt = this.#clock.now();
    const answered = answer();
    if (answered === 'stdin required') return answered; // the process calls again with its input
    const begunAt = Math.max(arrivedAt - elapsedMs, this.#freeAt);
    const endsAt = Math.max(this.#clock.now(), begunAt + this.toolMs);
    this.#freeAt = endsAt;
    this.#spentMs += endsAt - begunAt;
    const remainingMs = endsAt - this.#clock.now();
    if (remainingMs > 0) await this.#clock.sleep(remainingMs);
    return answered;
  }
}
