import type { DispatchOutcome } from '../../juju/juju-exec.ts';
import type { Built } from '../../model/built.ts';
import type { Clock } from '../../model/clock.ts';
import type { DesiredState } from '../../model/desired-state.ts';
import type { Logger } from '../../system/log/logger.ts';
import { SingleFlight } from '../single-flight.ts';
import { publishableNews } from '../report/derive-built.ts';

/** Steps alone are worth no more than one dispatch in this time. */
const STEP_NEWS_MS = 300_000;

/** What the charm finds when it is dispatched. */
interface Mail {
  readonly built: Built;
  readonly desired: DesiredState;
}

/** What it found when it was dispatched last, and when that was, in epoch milliseconds. */
interface Told extends Mail {
  readonly at: number;
}

/** Why the charm should look; `undefined`: it need not. */
function findNews(told: Told | undefined, { built, desired }: Mail, now: number): string | undefined {
  if (told === undefined) return 'not told in this life';
  if (publishableNews(told.built, built)) return 'news';
  const isConfirmed = desired.published?.every((publication) => publication.isConfirmed) ?? true;
  if (!isConfirmed && told.desired.generation !== desired.generation) return 'publications to read back';
  const isEarly = now - told.at < STEP_NEWS_MS && now >= told.at;
  return isEarly || stepsOf(told.built) === stepsOf(built) ? undefined : 'steps';
}

function stepsOf({ running }: Built): string {
  return running.map(({ buildId, step }) => `${buildId} ${step}`).join('\n');
}

export interface CharmNotifierParts {
  /** Has Juju dispatch the charm with `built`. */
  readonly dispatch: () => Promise<DispatchOutcome>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Has the charm look when there is news: once at a time, and never for the same twice. */
export class CharmNotifier {
  readonly #parts: CharmNotifierParts;
  readonly #work = new SingleFlight(() => this.#nudge());
  #mail: Mail | undefined;
  #told: Told | undefined;

  constructor(parts: CharmNotifierParts) {
    this.#parts = parts;
  }

  /** Nudges if this is news. One that failed is made up for at the next offer. */
  notify(mail: Mail): void {
    this.#mail = mail;
    if (findNews(this.#told, mail, this.#parts.clock.now()) !== undefined) this.#work.request('news');
  }

  idle(): Promise<void> {
    return this.#work.idle();
  }

  async #nudge(): Promise<void> {
    const { dispatch: enter, clock, logger } = this.#parts;
    const mail = this.#mail;
    const at = clock.now();
    const news = mail === undefined ? undefined : findNews(this.#told, mail, at);
    if (mail === undefined || news === undefined) return;
    const outcome = await enter();
    if (outcome.state === 'failed')
      logger.warning('the charm was not dispatched', { reason: outcome.message });
    if (outcome.state !== 'entered') return;
    this.#told = { ...mail, at };
    logger.debug('the charm was dispatched', { why: news });
  }
}
