import type { DispatchOutcome } from '../../juju/juju-exec.ts';
import type { Clock } from '../../model/clock.ts';
import type { Logger } from '../../system/log/logger.ts';

/** After this time the daemon plans without waiting for the charm any longer. */
const MAX_WAIT_MS = 30_000;

export interface ScheduledDispatchParts {
  /** Asks Juju to dispatch the charm with the event `run`. */
  readonly dispatch: () => Promise<DispatchOutcome>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Dispatches the charm before a plan, so that the plan uses current options, secrets and consumers. */
export class ScheduledDispatch {
  readonly #parts: ScheduledDispatchParts;
  #dispatching: Promise<void> | undefined;

  constructor(parts: ScheduledDispatchParts) {
    this.#parts = parts;
  }

  /** Dispatches the charm, or joins a dispatch in progress, and waits for it at most MAX_WAIT_MS. */
  async dispatch(): Promise<void> {
    this.#dispatching ??= this.#dispatchOnce().finally(() => {
      this.#dispatching = undefined;
    });
    const done = new AbortController();
    const signal = AbortSignal.any([this.#parts.signal, done.signal]);
    const timeout = this.#parts.clock.sleep(MAX_WAIT_MS, signal).catch(() => undefined);
    await Promise.race([this.#dispatching, timeout]);
    done.abort();
  }

  async #dispatchOnce(): Promise<void> {
    const outcome = await this.#parts.dispatch();
    if (outcome.state !== 'failed') return;
    this.#parts.logger.warning('the charm was not dispatched', { event: 'run', reason: outcome.message });
  }
}
