import { isDeepStrictEqual } from 'node:util';
import type { Built, JobFailure, RunningJob } from '../../model/built.ts';
import { type DesiredState, buildCloudOf, uploadCloudsOf } from '../../model/desired-state.ts';
import type { Observation } from '../../model/observation.ts';
import type { OngoingJob } from '../../model/ongoing-job.ts';
import { rememberAnswered } from '../journal/back-off.ts';
import { type Journal, type RememberedFailure, failureKey } from '../journal/journal.ts';
import { findCopy, listActiveImages } from '../plan/plan-clouds.ts';
import type { Plan } from '../plan/plan-entry.ts';
import { keepTexts, lastingText } from './lasting-text.ts';
import { reportClouds } from './cloud-reports.ts';

/** The facts from which built.json is derived, in addition to its previous content. */
export interface BuiltInput {
  readonly desired: DesiredState;
  readonly observation: Observation | undefined;
  readonly plan: Plan;
  readonly journal: Journal;
  /** The running jobs after the start of the plan's jobs. */
  readonly ongoing: readonly (OngoingJob & { readonly step: string })[];
  readonly batch: Built['batch'];
}

/** Derives the daemon's report to the charm. Returns `previous` itself, with its generation, when nothing has changed. */
export function deriveBuilt(previous: Built | undefined, input: BuiltInput): Built {
  const { desired, observation, plan, journal, ongoing, batch } = input;
  const next: Built = {
    format: 1,
    generation: (previous?.generation ?? 0) + 1,
    desiredGeneration: desired.generation,
    clouds: reportClouds(previous?.clouds ?? [], desired, observation),
    running: ongoing.map(toRunningJob).toSorted(byStart),
    batch,
    failures: listFailures(input),
    answered: rememberAnswered(journal, desired).answered,
    endedBuilds: listEndedBuilds(journal, desired),
    nextBuildAt: findNextBuild(plan),
    idleReason: plan.find((entry) => entry.act === 'skip' && entry.cause === 'all')?.reason,
  };
  if (previous === undefined) return next;
  const kept = keepTexts(previous, next);
  return isSame({ ...previous, generation: kept.generation }, kept) ? previous : kept;
}

/**
 * Reports whether anything changed that the charm publishes or shows. Steps of running jobs, which change often, and prunes
 * do not count.
 */
export function hasPublishableChange(before: Built | undefined, after: Built): boolean {
  return before === undefined || !isSame(publishablePartOf(before), publishablePartOf(after));
}

function publishablePartOf(built: Built): unknown {
  const { clouds, running, failures, answered, endedBuilds, nextBuildAt, idleReason } = built;
  const shown = running.filter(({ kind }) => kind !== 'prune').map(({ buildId }) => buildId);
  return {
    ...{ answered, endedBuilds, nextBuildAt, idleReason, running: shown.toSorted() },
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

function toRunningJob(job: BuiltInput['ongoing'][number]): RunningJob {
  const { kind, buildId, subject, step, reason, startedAt } = job;
  return { kind, buildId, subject, step, reason, startedAt: new Date(startedAt).toISOString() };
}

function byStart(a: RunningJob, b: RunningJob): number {
  return compare(a.startedAt, b.startedAt) || compare(a.buildId, b.buildId);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Lists the failures that still matter: of desired images, and without a later success. */
function listFailures({ desired, observation, journal, plan }: BuiltInput): readonly JobFailure[] {
  const isDesired = matchDesired(desired);
  return Object.values(journal.failures)
    .filter(
      (failure) =>
        isDesired(failure) &&
        !isCopied(failure, desired, observation) &&
        !isBuiltOn(failure, desired, journal),
    )
    .map((failure) => toJobFailure(failure, plan))
    .toSorted((a, b) => compare(failureKey(a), failureKey(b)));
}

function toJobFailure(failure: RememberedFailure, plan: Plan): JobFailure {
  const { kind, subject, cloudId, errorKind, message, failedAt, attempts } = failure;
  const nextAttemptAt = findNextAttempt(failure, plan);
  return { kind, subject, cloudId, errorKind, message, failedAt, attempts, nextAttemptAt };
}

/** Returns the time of the next attempt. A failed build that an action requested is repeated only when its image is due. */
function findNextAttempt({ kind, subject, nextAttemptAt }: RememberedFailure, plan: Plan): string {
  const fresh = plan.find(
    (entry) => entry.act === 'skip' && entry.cause === 'fresh' && entry.subject === subject,
  );
  if (kind !== 'build' || fresh?.act !== 'skip' || fresh.until === undefined) return nextAttemptAt;
  return new Date(Math.max(fresh.until, Date.parse(nextAttemptAt))).toISOString();
}

function matchDesired(desired: DesiredState): (failure: JobFailure) => boolean {
  const { images } = desired;
  const bases = new Set<string>([...images.values()].map(({ image }) => image.base));
  const clouds = new Set(['', buildCloudOf(desired), ...uploadCloudsOf(desired)]);
  return ({ kind, subject, cloudId }) =>
    clouds.has(cloudId) &&
    (kind === 'prepare' ? bases.has(subject) : kind === 'prune' || images.has(subject));
}

/** Reports whether an image was built on the base after the preparation of the base failed. */
function isBuiltOn(
  { kind, subject, failedAt }: JobFailure,
  { images }: DesiredState,
  journal: Journal,
): boolean {
  return (
    kind === 'prepare' &&
    [...images].some(
      ([imageName, { image }]) =>
        image.base === subject && (journal.builtAt[imageName] ?? Number.NaN) >= Date.parse(failedAt),
    )
  );
}

/** Reports whether the cloud of a failed copy has the newest image now. */
function isCopied(
  { kind, subject, cloudId }: JobFailure,
  desired: DesiredState,
  observation: Observation | undefined,
): boolean {
  if (kind !== 'copy') return false;
  const source = observation?.find((cloud) => cloud.cloudId === buildCloudOf(desired));
  const target = observation?.find((cloud) => cloud.cloudId === cloudId);
  if (source?.state !== 'seen' || target?.state !== 'seen') return false;
  const [newest] = listActiveImages(source.images, subject);
  return newest !== undefined && findCopy(target.images, newest) !== undefined;
}

/** Returns the earliest time at which a fresh image is due. */
function findNextBuild(plan: Plan): string | undefined {
  const times = plan.flatMap((entry) =>
    entry.act === 'skip' && entry.cause === 'fresh' && entry.until !== undefined ? [entry.until] : [],
  );
  return times.length === 0 ? undefined : new Date(Math.min(...times)).toISOString();
}
