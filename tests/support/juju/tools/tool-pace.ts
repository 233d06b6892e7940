import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../../../src/model/clock.ts';

/** A clock that is finer than a millisecond; it counts from the start of this process. */
const FINE_CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds) => sleep(milliseconds),
};

/** Lets hook tools take their time one after the other, as Juju's agent does, and adds up what they took. */
export class ToolPace {
  /** The least time that a call takes, from the start of its process to its answer. */
  toolMs: number;
  readonly #clock: Clock;
  #freeAt = Number.NEGATIVE_INFINITY;
  #spentMs = 0;

  constructor(toolMs: number, clock: Clock = FINE_CLOCK) {
    this.toolMs = toolMs;
    this.#clock = clock;
  }

  /** The time that all calls have taken, in milliseconds. */
  get spentMs(): number {
    return this.#spentMs;
  }

  /** Answers a call of a process that has run for `elapsedMs`, once the call has taken its time. */
  async run<T>(elapsedMs: number, answer: () => T | 'stdin required'): Promise<T | 'stdin required'> {
    const arrivedAt = this.#clock.now();
    const answered = answer();
    if (answered === 'stdin required') return answered; // the call goes on with its input
    const begunAt = Math.max(arrivedAt - elapsedMs, this.#freeAt);
    const endsAt = Math.max(this.#clock.now(), begunAt + this.toolMs);
    this.#freeAt = endsAt;
    this.#spentMs += endsAt - begunAt;
    const restMs = endsAt - this.#clock.now();
    if (restMs > 0) await this.#clock.sleep(restMs);
    return answered;
  }
}
