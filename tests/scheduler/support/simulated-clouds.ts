import { setMaxListeners } from 'node:events';
import { CancelledError } from '../../../src/model/errors.ts';
import type { Observation, ObservedCloud } from '../../../src/model/observation.ts';
import type { JobRunner } from '../../../src/scheduler/jobs/job-runner.ts';
import { Observer } from '../../../src/scheduler/observer.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { desiredState } from '../desired-fixtures.ts';
import { type image, seen } from '../plan/plan-fixtures.ts';

export const SECOND = 1000;

/** The time that a cloud needs for an answer, in seconds. `hangs` never answers; `floods` is stopped after 3 s. */
export type Pace = number | 'hangs' | 'floods';

/** Clouds on a simulated clock. A process that observes one is killed after twice the time-out of its calls. */
export class SimulatedClouds {
  readonly clock = new ManualClock();
  readonly observer: Observer;
  readonly answers: Observation[] = [];
  /** The queries as `cloud@second`. */
  readonly queries: string[] = [];
  readonly desired: ReturnType<typeof desiredState>;
  readonly images = new Map<string, ReturnType<typeof image>[]>();
  maxRunning = 0;
  onAnswer: () => void = () => undefined;
  #running = 0;
  readonly #stop = new AbortController();
  readonly #paces: Readonly<Record<string, Pace>>;
  readonly #began = this.clock.now();

  constructor(paces: Readonly<Record<string, Pace>>, maxObservations = 4) {
    this.#paces = paces;
    const clouds = Object.keys(paces).filter((cloudId) => cloudId !== 'builder');
    const consumers = clouds.map((cloudId, index) => ({ relationId: index, unit: `u${index}/0`, cloudId }));
    this.desired = desiredState({ consumers, maxObservations, published: [] });
    const { clock } = this;
    setMaxListeners(0, this.#stop.signal);
    this.observer = new Observer({
      clock,
      onAnswer: (clouds) => {
        this.answers.push(clouds);
        this.onAnswer();
      },
    });
  }

  get second(): number {
    return (this.clock.now() - this.#began) / SECOND;
  }

  get input() {
    return { desired: this.desired, credentialsGeneration: 1 };
  }

  readonly #runner = {
    groupByLogin: (cloudIds: readonly string[]) => Promise.resolve(cloudIds.map((cloudId) => [cloudId])),
    observe: async ([cloudId = '']: readonly string[], apiTimeoutS: number): Promise<Observation> => {
      this.queries.push(`${cloudId}@${this.second}`);
      this.#running += 1;
      this.maxRunning = Math.max(this.maxRunning, this.#running);
      const images = structuredClone(this.images.get(cloudId) ?? []);
      const pace = this.#paces[cloudId] ?? 0;
      const needed = pace === 'hangs' ? Number.POSITIVE_INFINITY : pace === 'floods' ? 3 : pace;
      await this.clock.sleep(Math.min(needed, 2 * apiTimeoutS) * SECOND, this.#stop.signal);
      this.#running -= 1;
      const isSeen = pace !== 'floods' && needed <= 2 * apiTimeoutS;
      return [isSeen ? seen(cloudId, `project of ${cloudId}`, images) : unavailable(cloudId)];
    },
  } as unknown as JobRunner; // the observer calls these two only

  observe(): Promise<void> {
    return this.observer.observe(this.input, this.#runner);
  }

  observeChanged(): Promise<void> {
    return this.observer.observeChanged(this.input, this.#runner);
  }

  stop(): void {
    this.#stop.abort(new CancelledError('the daemon stops'));
  }

  /** Returns the answers of one cloud as `state@…`, in order. */
  statesOf(cloudId: string): readonly string[] {
    return this.answers.flatMap((clouds) =>
      clouds.flatMap((cloud) => (cloud.cloudId === cloudId ? [cloud.state] : [])),
    );
  }
}

function unavailable(cloudId: string): ObservedCloud {
  return { cloudId, state: 'failed', kind: 'unavailable', message: 'no answer' };
}
