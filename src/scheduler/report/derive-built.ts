import { isDeepStrictEqual } from 'node:util';
import type { Built, JobFailure, RunningJob, SkippedWork } from '../../model/unit/built.ts';
import { type DesiredState, buildCloudOf, uploadCloudsOf } from '../../model/unit/desired-state.ts';
import { listLayerNames } from '../../model/image/layers.ts';
import type { Observation } from '../../model/observation.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import { rememberAnswered } from '../journal/answers.ts';
import { type Journal, type RememberedFailure, failureKey } from '../journal/journal.ts';
import { type ImagesByName, findCopy, groupByName, listActive } from '../plan/plan-clouds.ts';
import { chooseOffers } from '../plan/plan-offers.ts';
import { findTarget } from '../plan/plan-steering.ts';
import type { Plan, SkipCause } from '../plan/plan-entry.ts';
import { keepTexts, lastingText } from './lasting-text.ts';
import { reportClouds } from './cloud-reports.ts';
import { type LayerNames, layerNamesOf } from './plan-nodes.ts';

/** The facts from which built.json is derived, in addition to its previous content. */
export interface BuiltInput {
  readonly desired: DesiredState;
  readonly observation: Observation | undefined;
  readonly plan: Plan;
  readonly journal: Journal;
  /** The running jobs after the start of the plan's jobs. */
  readonly ongoing: readonly (OngoingJob & { readonly step: string })[];
  readonly batch: Built['batch'];
  /** The port of the metrics; absent while none are served. */
  readonly metricsPort?: number | undefined;
  /** The port of the status page; absent while none is served. */
  readonly pagePort?: number | undefined;
}

/** Derives the daemon's report to the charm. Returns `previous` itself, with its generation, when nothing has changed. */
export function deriveBuilt(previous: Built | undefined, input: BuiltInput): Built {
  const { desired, observation, plan, journal, ongoing, batch, metricsPort, pagePort } = input;
  const next: Built = {
    format: 1,
    generation: (previous?.generation ?? 0) + 1,
    desiredGeneration: desired.generation,
    clouds: reportClouds(previous?.clouds ?? [], {
      ...{ desired, observation, offers: chooseOffers(input) },
      doomedIds: new Set([...ongoing, ...plan].flatMap(listDoomed)),
    }),
    running: ongoing.map((job) => toRunningJob(job, layerNamesOf(desired, observation))).toSorted(byStart),
    batch,
    failures: listFailures(input),
    answered: rememberAnswered(journal, desired).answered,
    endedBuilds: listEndedBuilds(journal, desired),
    nextBuildAt: findNextBuild(plan),
    idleReason: plan.find((entry) => entry.act === 'skip' && entry.cause === 'all')?.reason,
    metricsPort,
    pagePort,
    skipped: listSkipped(plan),
    ended: journal.ends,
    heartbeatAt: previous?.heartbeatAt,
  };
  if (previous === undefined) return next;
  const kept = keepTexts(previous, next);
  return isSame({ ...previous, generation: kept.generation }, kept) ? previous : kept;
}

/**
 * Reports whether anything changed that the charm publishes or shows. Steps of running jobs, which change often, prunes
 * and sweeps do not count.
 */
export function hasPublishableChange(before: Built | undefined, after: Built): boolean {
  return before === undefined || !isSame(publishablePartOf(before), publishablePartOf(after));
}

/** Lists the images that a running or planned prune may delete. */
function listDoomed(job: OngoingJob | Plan[number]): readonly string[] {
  return 'deletableIds' in job ? (job.deletableIds ?? []) : [];
}

/** Lists the work that is not done now. A cloud's message differs each time, and only its lasting part is reported. */
function listSkipped(plan: Plan): readonly SkippedWork[] {
  return plan.flatMap((entry) => {
    if (entry.act !== 'skip') return [];
    const { cause, subject, reason, until, waitsFor: layer } = entry;
    const time = until === undefined ? undefined : new Date(until).toISOString();
    return [{ subject, reason: cause === 'cloud' ? lastingText(reason) : reason, until: time, layer }];
  });
}

function publishablePartOf(built: Built): unknown {
  const { clouds, running, failures, answered, endedBuilds, nextBuildAt, idleReason, metricsPort } = built;
  const shown = running
    .filter(({ kind }) => kind !== 'prune' && kind !== 'prune-clouds' && kind !== 'sweep')
    .map(({ buildId }) => buildId);
  return {
    ...{ answered, endedBuilds, nextBuildAt, idleReason, metricsPort, running: shown.toSorted() },
    clouds: clouds.map(({ failure, ...report }) => ({
      ...report,
      failure: failure && lastingFailure(failure),
    })),
    failures: failures.map(({ kind, subject, cloudId, errorKind, message }) => ({
      ...{ kind, subject, cloudId, errorKind, message: lastingText(message) },
    })),
  };
}

function lastingFailure<T extends { readonly message: string }>(failure: T): T {
  return { ...failure, message: lastingText(failure.message) };
}

function listEndedBuilds({ endedBuilds }: Journal, { requests }: DesiredState): readonly string[] {
  const requested = requests.flatMap(({ builds }) => builds.map(({ buildId }) => buildId));
  return [...new Set(requested)].filter((buildId) => endedBuilds.includes(buildId));
}

/** Compares as JSON does: a missing key equals an undefined one. */
function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(throughJson(a), throughJson(b));
}

function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function toRunningJob(job: BuiltInput['ongoing'][number], nameOf: LayerNames): RunningJob {
  const { kind, buildId, subject, step, reason, layerId } = job;
  const startedAt = new Date(job.startedAt).toISOString();
  return { kind, buildId, subject, step, reason, startedAt, layer: nameOf(layerId) };
}

function byStart(a: RunningJob, b: RunningJob): number {
  return compare(a.startedAt, b.startedAt) || compare(a.buildId, b.buildId);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Lists the failures that still matter: of desired images, and without a later success. */
function listFailures({ desired, observation, journal }: BuiltInput): readonly JobFailure[] {
  const isDesired = matchDesired(desired);
  const images = groupByCloud(observation);
  return Object.values(journal.failures)
    .filter(
      (failure) =>
        isDesired(failure) && !isCopied(failure, desired, images) && !isBuiltOn(failure, desired, journal),
    )
    .map(toJobFailure)
    .toSorted((a, b) => compare(failureKey(a), failureKey(b)));
}

function toJobFailure(failure: RememberedFailure): JobFailure {
  const { kind, subject, cloudId, errorKind, message, failedAt, attempts, nextAttemptAt } = failure;
  return { kind, subject, cloudId, errorKind, message, failedAt, attempts, nextAttemptAt };
}

function matchDesired(desired: DesiredState): (failure: JobFailure) => boolean {
  const { images } = desired;
  const bases = new Set<string>([...images.values()].map(({ image }) => image.base));
  const layers = new Set([...images.values()].flatMap(({ image }) => listLayerNames(image)));
  const clouds = new Set(['', buildCloudOf(desired), ...uploadCloudsOf(desired)]);
  return ({ kind, subject, cloudId }) =>
    clouds.has(cloudId) &&
    (kind === 'prune' ||
      kind === 'prune-clouds' ||
      bases.has(subject) ||
      layers.has(subject) ||
      images.has(subject));
}

/** Reports whether an image of the base or layer was built after the preparation of the base, or the layer, failed. */
function isBuiltOn(
  { kind, subject, failedAt }: JobFailure,
  { images }: DesiredState,
  journal: Journal,
): boolean {
  return (
    (kind === 'prepare' || kind === 'layer') &&
    [...images].some(
      ([imageName, { image }]) =>
        [image.base, ...listLayerNames(image)].includes(subject) &&
        (journal.built[imageName]?.at ?? Number.NaN) >= Date.parse(failedAt),
    )
  );
}

/** Returns the images of each cloud that answered. */
function groupByCloud(observation: Observation = []): ReadonlyMap<string, ImagesByName> {
  const seen = observation.filter((cloud) => cloud.state === 'seen');
  return new Map(seen.map(({ cloudId, images }) => [cloudId, groupByName(images)]));
}

/** Reports whether the cloud of a failed copy has the image to publish now. */
function isCopied(
  { kind, subject, cloudId }: JobFailure,
  desired: DesiredState,
  images: ReadonlyMap<string, ImagesByName>,
): boolean {
  if (kind !== 'copy') return false;
  const source = images.get(buildCloudOf(desired));
  const target = images.get(cloudId);
  const wanted = source && findTarget(source, subject, desired);
  if (wanted === undefined || target === undefined) return false;
  return findCopy(listActive(target, subject), wanted) !== undefined;
}

/** The causes of skips after which an image is built. */
const BUILT_LATER: readonly SkipCause[] = ['fresh', 'cancelled', 'waits'];

/** Returns the earliest time at which an image is built that is fresh, was cancelled, or waits for the build window. */
function findNextBuild(plan: Plan): string | undefined {
  const times = plan.flatMap((entry) =>
    entry.act === 'skip' && BUILT_LATER.includes(entry.cause) && entry.until !== undefined
      ? [entry.until]
      : [],
  );
  return times.length === 0 ? undefined : new Date(Math.min(...times)).toISOString();
}
