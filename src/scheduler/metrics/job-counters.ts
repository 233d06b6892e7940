import type { JobOutcome } from '../../builder/tools.ts';
import type { ImageCopy } from '../../model/image/image-copy.ts';
import {
  CloudTimeoutError,
  CloudUnavailableError,
  ForbiddenError,
  UnauthorizedError,
  UnexpectedAnswerError,
} from '../../model/cloud/cloud-errors.ts';
import { type FailureKind, QuotaError } from '../../model/errors.ts';
import type { MetricName, Sample } from '../../model/unit/metrics.ts';
import type { Observation } from '../../model/observation.ts';
import { summarizeResult } from '../jobs/summarize-result.ts';
import type { RecordedJob } from '../jobs/supervisor.ts';

/** Failures with these kinds count as errors of a cloud. */
const CLOUD_KINDS: readonly FailureKind[] = ['denied', 'quota', 'unavailable'];

/** The failures of a job that its cloud caused. Others come from mirrors, from GitHub or from the guest. */
const CLOUD_ERRORS: readonly string[] = [
  CloudTimeoutError,
  CloudUnavailableError,
  ForbiddenError,
  QuotaError,
  UnauthorizedError,
  UnexpectedAnswerError,
].map(({ name }) => name);

/** The outcomes of a copy that a counter begins with, so that the first increase is seen. */
const COPY_OUTCOMES = ['copied', 'failed'];
const BUILD_OUTCOMES = ['done', 'partial', 'failed', 'cancelled'];

/** The number of series of one counter. More cannot occur while names come from the charm and the program. */
const MAX_SERIES = 2000;

type Labels = Readonly<Record<string, string>>;

/** Counts the ends of jobs and the errors of clouds since the start of the daemon. */
export class JobCounters {
  readonly #counters = new Map<string, Sample>();
  /** The things that the last job of each kind and subject could not delete. */
  readonly #leftovers = new Map<string, Sample>();
  readonly #buildSeconds = new Map<string, Sample>();

  get samples(): readonly Sample[] {
    return [this.#counters, this.#leftovers, this.#buildSeconds].flatMap((map) => [...map.values()]);
  }

  /** Begins the counters of desired images and clouds at 0. */
  begin(imageNames: readonly string[], cloudIds: readonly string[]): void {
    this.#add('image_builder_leftovers_swept_total', {}, 0);
    for (const image of imageNames)
      for (const outcome of BUILD_OUTCOMES) this.#add('image_builder_builds_total', { image, outcome }, 0);
    for (const cloud of cloudIds) {
      for (const outcome of COPY_OUTCOMES) this.#add('image_builder_copies_total', { cloud, outcome }, 0);
      for (const kind of CLOUD_KINDS)
        this.#add('image_builder_api_errors_total', { cloud, error_kind: kind }, 0);
      this.#add('image_builder_copied_bytes_total', { cloud }, 0);
      this.#add('image_builder_copy_seconds_total', { cloud }, 0);
    }
  }

  countObservation(observation: Observation): void {
    for (const cloud of observation)
      if (cloud.state === 'failed') this.#countError(cloud.cloudId, cloud.kind);
  }

  countEnd({ job, outcome, seconds }: RecordedJob, buildCloud: string): void {
    const { kind, subject } = job;
    const { result } = outcome;
    if (kind === 'build') {
      this.#add('image_builder_builds_total', { image: subject, outcome: nameOutcome(outcome) }, 1);
      this.#set(this.#buildSeconds, 'image_builder_build_seconds', { image: subject }, seconds);
    }
    for (const { name, seconds } of result?.steps ?? []) this.#countStep(kind, name, seconds);
    const { copies, leftBehind } = summarizeResult(outcome);
    for (const copy of copies) this.#countCopy(copy);
    this.#add('image_builder_leftovers_swept_total', {}, result?.swept?.length ?? 0);
    this.#set(this.#leftovers, 'image_builder_leftovers', { job_kind: kind, subject }, leftBehind.length);
    if (outcome.state === 'failed' && CLOUD_ERRORS.includes(result?.error?.type ?? ''))
      this.#countError(
        kind === 'prune' || kind === 'prune-clouds' ? (job.cloudIds[0] ?? buildCloud) : buildCloud,
        outcome.kind,
      );
  }

  /** Forgets the subjects that are no longer desired. */
  keepSubjects(subjects: readonly string[]): void {
    for (const map of [this.#leftovers, this.#buildSeconds])
      for (const [key, { labels }] of map)
        if (!subjects.includes(labels['subject'] ?? labels['image'] ?? '')) map.delete(key);
  }

  #countStep(kind: string, name: string, seconds: number): void {
    const labels = { job_kind: kind, step: nameStep(name) };
    this.#add('image_builder_step_seconds_total', labels, seconds);
    this.#add('image_builder_steps_total', labels, 1);
  }

  #countCopy(copy: ImageCopy): void {
    const { cloud, outcome, seconds } = copy;
    this.#add('image_builder_copies_total', { cloud, outcome }, 1);
    this.#add('image_builder_copy_seconds_total', { cloud }, seconds);
    if (copy.outcome === 'failed') this.#countError(cloud, copy.kind);
    else this.#add('image_builder_copied_bytes_total', { cloud }, copy.bytes ?? 0);
  }

  #countError(cloud: string, kind: FailureKind): void {
    if (CLOUD_KINDS.includes(kind))
      this.#add('image_builder_api_errors_total', { cloud, error_kind: kind }, 1);
  }

  #add(name: MetricName, labels: Labels, increase: number): void {
    const before = this.#counters.get(keyOf(name, labels))?.value ?? 0;
    this.#set(this.#counters, name, labels, before + increase);
  }

  #set(map: Map<string, Sample>, name: MetricName, labels: Labels, value: number): void {
    const key = keyOf(name, labels);
    if (map.has(key) || map.size < MAX_SERIES) map.set(key, { name, labels, value });
  }
}

function keyOf(name: MetricName, labels: Labels): string {
  return JSON.stringify([name, labels]);
}

function nameOutcome(outcome: JobOutcome): string {
  if (outcome.state === 'done') return 'done';
  if (outcome.cancelledBy !== undefined) return 'cancelled';
  return outcome.kind === 'partial' ? 'partial' : 'failed';
}

/** Returns a step's name without the names of clouds and things, so that the number of names is small. */
function nameStep(name: string): string {
  if (name.startsWith('undo ')) return 'undo';
  return name.replace(/^copy image to .*/, 'copy image');
}
