import type { DispatchOutcome } from '../../juju/juju-exec.ts';
import type { Built } from '../../model/unit/built.ts';
import type { Clock } from '../../model/clock.ts';
import type { DesiredState } from '../../model/unit/desired-state.ts';
import type { Logger } from '../../system/log/logger.ts';
import { SingleFlight } from '../single-flight.ts';
import { hasPublishableChange } from '../report/derive-built.ts';

/** The shortest time between two dispatches for changed steps only. */
const STEP_INTERVAL_MS = 300_000;

/** The files that the charm reads when it is dispatched. */
interface Mailboxes {
  readonly built: Built;
  readonly desired: DesiredState;
}

/** The files at the last successful dispatch, and its time in epoch milliseconds. */
interface LastDispatch extends Mailboxes {
  readonly at: number;
}

/** Returns the reason to dispatch the charm, or undefined when there is none. */
function findReason(
  last: LastDispatch | undefined,
  { built, desired }: Mailboxes,
  now: number,
): string | undefined {
  if (last === undefined) return 'first report of this daemon';
  if (hasPublishableChange(last.built, built)) return 'changed report';
  const isConfirmed = desired.published?.every((publication) => publication.isConfirmed) ?? true;
  if (!isConfirmed && last.desired.generation !== desired.generation) return 'publications to confirm';
  const isEarly = now - last.at < STEP_INTERVAL_MS && now >= last.at;
  return isEarly || stepsOf(last.built) === stepsOf(built) ? undefined : 'steps';
}

function stepsOf({ running }: Built): string {
  return running.map(({ buildId, step }) => `${buildId} ${step}`).join('\n');
}

export interface CharmNotifierParts {
  /** Asks Juju to dispatch the charm with the event `built`. */
  readonly dispatch: () => Promise<DispatchOutcome>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Dispatches the charm when its files have changed: one dispatch at a time, and one for each change. */
export class CharmNotifier {
  readonly #parts: CharmNotifierParts;
  readonly #work = new SingleFlight(() => this.#dispatch());
  #latest: Mailboxes | undefined;
  #last: LastDispatch | undefined;

  constructor(parts: CharmNotifierParts) {
    this.#parts = parts;
  }

  /** Dispatches the charm if the files have changed. A failed dispatch is repeated at the next call. */
  notify(mailboxes: Mailboxes): void {
    this.#latest = mailboxes;
    if (findReason(this.#last, mailboxes, this.#parts.clock.now()) !== undefined)
      this.#work.request('changed report');
  }

  idle(): Promise<void> {
    return this.#work.idle();
  }

  async #dispatch(): Promise<void> {
    const { dispatch, clock, logger } = this.#parts;
    const mailboxes = this.#latest;
    const at = clock.now();
    const reason = mailboxes === undefined ? undefined : findReason(this.#last, mailboxes, at);
    if (mailboxes === undefined || reason === undefined) return;
    const outcome = await dispatch();
    if (outcome.state === 'failed')
      logger.warning('the charm was not dispatched', { reason: outcome.message });
    if (outcome.state !== 'dispatched') return;
    this.#last = { ...mailboxes, at };
    logger.debug('the charm was dispatched', { reason });
  }
}
