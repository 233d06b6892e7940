import type { DispatchOutcome } from '../../juju/juju-exec.ts';
import type { Clock } from '../../model/clock.ts';
import type { Logger } from '../../system/log/logger.ts';

/** The daemon plans after its tick whether or not the charm answered. */
const PATIENCE_MS = 30_000;

export interface ScheduledDispatchParts {
  /** Has Juju dispatch the charm with `run`. */
  readonly dispatch: () => Promise<DispatchOutcome>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Has the charm take up fresh config, secrets and consumers before a plan; it is never asked twice at a time. */
export class ScheduledDispatch {
  readonly #parts: ScheduledDispatchParts;
  #entering: Promise<void> | undefined;

  constructor(parts: ScheduledDispatchParts) {
    this.#parts = parts;
  }

  /** Waits for the charm, but not for long. */
  async dispatch(): Promise<void> {
    this.#entering ??= this.#enter().finally(() => {
      this.#entering = undefined;
    });
    const done = new AbortController();
    const patience = AbortSignal.any([this.#parts.signal, done.signal]);
    const tired = this.#parts.clock.sleep(PATIENCE_MS, patience).catch(() => undefined);
    await Promise.race([this.#entering, tired]);
    done.abort();
  }

  async #enter(): Promise<void> {
    const outcome = await this.#parts.dispatch();
    if (outcome.state !== 'failed') return;
    this.#parts.logger.warning('the charm was not dispatched', { event: 'run', reason: outcome.message });
  }
}
