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

/** All that `built.json` follows from, besides what it said before. */
export interface BuiltInput {
  readonly desired: DesiredState;
  readonly observation: Observation | undefined;
  readonly plan: Plan;
  readonly journal: Journal;
  /** As it is once the plan's jobs have started. */
  readonly ongoing: readonly (OngoingJob & { readonly step: string })[];
  readonly batch: Built['batch'];
}

/** What the daemon tells the charm. When nothing has changed it is `previous` itself, generation and all. */
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
 * Is there anything that the charm publishes or shows? Not the steps of running jobs, which change all the time, and
 * not prunes.
 */
export function publishableNews(before: Built | undefined, after: Built): boolean {
  return before === undefined || !isSame(newsOf(before), newsOf(after));
}

function newsOf(built: Built): unknown {
  const { clouds, running, failures, answered, endedBuilds, nextBuildAt, idleReason: rests } = built;
  const shown = running.filter(({ kind }) => kind !== 'prune').map(({ buildId }) => buildId);
  return {
    ...{ answered, endedBuilds, nextBuildAt, rests, running: shown.toSorted() },
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
  const asked = requests.flatMap(({ builds }) => builds.map(({ buildId }) => buildId));
  return [...new Set(asked)].filter((buildId) => endedBuilds.includes(buildId));
}

/** As JSON has it: a key that is absent is one that is undefined. */
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

/** Of what is still wanted and still lacking. */
function listFailures({ desired, observation, journal, plan }: BuiltInput): readonly JobFailure[] {
  const isWanted = wantedFailures(desired);
  return Object.values(journal.failures)
    .filter(
      (failure) =>
        isWanted(failure) &&
        !hasArrived(failure, desired, observation) &&
        !isBuiltOn(failure, desired, journal),
    )
    .map((failure) => toJobFailure(failure, plan))
    .toSorted((a, b) => compare(failureKey(a), failureKey(b)));
}

function toJobFailure(failure: RememberedFailure, plan: Plan): JobFailure {
  const { kind, subject, cloudId, errorKind, message, failedAt, attempts } = failure;
  const nextAttemptAt = tellNextAttempt(failure, plan);
  return { kind, subject, cloudId, errorKind, message, failedAt, attempts, nextAttemptAt };
}

/** What an action asked for and failed is not tried again before its image is due. */
function tellNextAttempt({ kind, subject, nextAttemptAt }: RememberedFailure, plan: Plan): string {
  const fresh = plan.find(
    (entry) => entry.act === 'skip' && entry.cause === 'fresh' && entry.subject === subject,
  );
  if (kind !== 'build' || fresh?.act !== 'skip' || fresh.until === undefined) return nextAttemptAt;
  return new Date(Math.max(fresh.until, Date.parse(nextAttemptAt))).toISOString();
}

function wantedFailures(desired: DesiredState): (failure: JobFailure) => boolean {
  const { images } = desired;
  const bases = new Set<string>([...images.values()].map(({ image }) => image.base));
  const clouds = new Set(['', buildCloudOf(desired), ...uploadCloudsOf(desired)]);
  return ({ kind, subject, cloudId }) =>
    clouds.has(cloudId) &&
    (kind === 'prepare' ? bases.has(subject) : kind === 'prune' || images.has(subject));
}

/** Has an image been built since on a base that could not be prepared? */
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

/** Did a copy that failed come by another way? */
function hasArrived(
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

/** When the first of the images that are fresh now is due. */
function findNextBuild(plan: Plan): string | undefined {
  const times = plan.flatMap((entry) =>
    entry.act === 'skip' && entry.cause === 'fresh' && entry.until !== undefined ? [entry.until] : [],
  );
  return times.length === 0 ? undefined : new Date(Math.min(...times)).toISOString();
}
