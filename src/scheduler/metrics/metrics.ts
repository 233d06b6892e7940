import { type DesiredState, buildCloudOf, uploadCloudsOf } from '../../model/unit/desired-state.ts';
import type { Sample } from '../../model/unit/metrics.ts';
import type { Observation, ObservedImage } from '../../model/observation.ts';
import { encodeMetrics } from './encode-metrics.ts';
import type { RecordedJob } from '../jobs/supervisor.ts';
import { JobCounters } from './job-counters.ts';
import { type StateFacts, sampleState } from './state-samples.ts';

/** The results of a reconcile that metrics show. */
export interface ReportedState extends Pick<StateFacts, 'desired' | 'intervalHours' | 'built'> {
  readonly observation: Observation | undefined;
}

/** Collects what the daemon knows and renders it for Prometheus. Counters begin at 0 when the daemon starts. */
export class Metrics {
  readonly #version: string;
  readonly #counters = new JobCounters();
  readonly #images = new Map<string, readonly ObservedImage[]>();
  readonly #wantedSince = new Map<string, number>();
  #buildCloud = '';
  #state: Omit<ReportedState, 'observation'> | undefined;
  #reconciledAt: number | undefined;

  constructor(version: string) {
    this.#version = version;
  }

  /** Counts a job that ended. */
  countEnd(ended: RecordedJob): void {
    this.#counters.countEnd(ended, this.#buildCloud);
  }

  /** Counts the clouds that could not be queried. */
  countObservation(observation: Observation): void {
    this.#counters.countObservation(observation);
  }

  /** Records the end of a reconcile, in epoch milliseconds. */
  beat(now: number): void {
    this.#reconciledAt = now;
  }

  /** Replaces the state that the metrics show. A cloud that failed keeps its last images. */
  setState({ observation, ...state }: ReportedState, now: number): void {
    const { desired } = state;
    const clouds = [buildCloudOf(desired), ...uploadCloudsOf(desired)];
    const names = [...desired.images.keys()];
    for (const cloud of observation ?? [])
      if (cloud.state === 'seen') this.#images.set(cloud.cloudId, cloud.images);
    keepOnly(this.#images, clouds);
    for (const name of names) if (!this.#wantedSince.has(name)) this.#wantedSince.set(name, now);
    keepOnly(this.#wantedSince, names);
    this.#counters.begin(names, clouds);
    this.#counters.keepSubjects([...names, ...listBases(desired)]);
    this.#buildCloud = buildCloudOf(desired);
    this.#state = state;
  }

  render(): string {
    return encodeMetrics([...this.#heartbeat(), ...this.#sampleState(), ...this.#counters.samples]);
  }

  #heartbeat(): readonly Sample[] {
    const name = 'image_builder_last_reconcile_timestamp_seconds';
    return this.#reconciledAt === undefined ? [] : [{ name, labels: {}, value: this.#reconciledAt / 1000 }];
  }

  #sampleState(): readonly Sample[] {
    if (this.#state === undefined) return [];
    const facts = { version: this.#version, images: this.#images, wantedSince: this.#wantedSince };
    return sampleState({ ...this.#state, ...facts });
  }
}

function listBases({ images }: DesiredState): readonly string[] {
  return [...images.values()].map(({ image }) => image.base);
}

function keepOnly<T>(map: Map<string, T>, keys: readonly string[]): void {
  for (const key of map.keys()) if (!keys.includes(key)) map.delete(key);
}
