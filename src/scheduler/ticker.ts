import type { EntryOutcome } from '../juju/juju-exec.ts';
import type { Clock } from '../model/clock.ts';
import type { Logger } from '../system/logger.ts';

/** The daemon plans after its tick whether or not the charm answered. */
const PATIENCE_MS = 30_000;

export interface TickerParts {
  /** Has Juju dispatch the charm with `run`. */
  readonly enter: () => Promise<EntryOutcome>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Has the charm take up fresh config, secrets and consumers before a plan; it is never asked twice at a time. */
export class Ticker {
  readonly #parts: TickerParts;
  #entering: Promise<void> | undefined;

  constructor(parts: TickerParts) {
    this.#parts = parts;
  }

  /** Waits for the charm, but not for long. */
  async tick(): Promise<void> {
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
    const outcome = await this.#parts.enter();
    if (outcome.state !== 'failed') return;
    this.#parts.logger.warning('the charm was not dispatched', { event: 'run', reason: outcome.message });
  }
}
