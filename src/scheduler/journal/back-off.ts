import type { FailureKind } from '../../model/errors.ts';
import { type DesiredState, buildCloudOf } from '../../model/unit/desired-state.ts';
import type { Observation, ObservedLayer } from '../../model/observation.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import { type JobKey, type Journal, type LastBuild, type LastLayer, failureKey } from './journal.ts';
import { rememberEnded } from './answers.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FIRST_DELAY = 5 * MINUTE;
const LONGEST_DELAY = 6 * HOUR;
const JITTER = 0.2;

/** Far more than the number of jobs that can fail at a time: a failure that is dropped would be retried at once. */
const MAX_RECORDS = 1000;

/**
 * Returns the time of the next attempt in epoch milliseconds. The delay is 5 minutes after the first failure and
 * doubles with each further failure, up to the interval or 6 hours, whichever is shorter. A jitter of 20 % keeps many
 * units from retrying at the same time. `random01` is between 0 and 1.
 */
export function nextAttemptAt(
  now: number,
  attempts: number,
  intervalHours: number,
  random01: number,
): number {
  const longest = Math.min(intervalHours * HOUR, LONGEST_DELAY);
  const delay = Math.min(FIRST_DELAY * 2 ** Math.max(0, attempts - 1), longest);
  return now + Math.round(Math.min(delay * (1 - JITTER + 2 * JITTER * random01), longest));
}

/** A failed job and what the back-off depends on. */
export interface FailedJob extends JobKey {
  readonly errorKind: FailureKind;
  readonly message: string;
  /** The digest from `settingsOf` at the start of the job. */
  readonly settings: string;
  readonly isSuspect?: boolean | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly intervalHours: number;
  /** A new random number between 0 and 1. */
  readonly random01: number;
}

/** Adds a failure. The delay grows with consecutive failures under the same settings and starts over under others. */
export function rememberFailure(journal: Journal, failed: FailedJob): Journal {
  const { kind, subject, cloudId, errorKind, message, settings, now, isSuspect = false } = failed;
  const key = failureKey(failed);
  const before = journal.failures[key];
  const attempts = before?.settings === settings ? before.attempts + 1 : 1;
  const delays = errorKind === 'quota' ? 1 : attempts; // a quota is free again when another server is deleted
  const next = nextAttemptAt(now, delays, failed.intervalHours, failed.random01);
  const remembered = {
    ...{ kind, subject, cloudId, errorKind, message, attempts, settings, isSuspect },
    failedAt: new Date(now).toISOString(),
    nextAttemptAt: new Date(next).toISOString(),
  };
  return { ...journal, failures: put(journal.failures, key, remembered) };
}

/** Removes the failure of a job that succeeded or is no longer needed. */
export function forgetFailure(journal: Journal, of: JobKey): Journal {
  const key = failureKey(of);
  if (journal.failures[key] === undefined) return journal;
  return { ...journal, failures: without(journal.failures, key) };
}

/** A job that succeeded. */
export interface SucceededJob extends JobKey, Pick<OngoingJob, 'buildId' | 'deletableIds'> {
  readonly now: number;
  readonly settings: string;
  /** The durations of a layer's job; absent for other jobs. */
  readonly times?: Pick<LastLayer, 'seconds' | 'partsSeconds'> | undefined;
}

/** Adds a success that ended at `now`. It replaces an earlier one even if the clock was set back in between. */
export function rememberSuccess(journal: Journal, done: SucceededJob): Journal {
  const { kind, subject, buildId, now, settings, deletableIds: ids = [] } = done;
  const after = forgetFailure(journal, done);
  switch (kind) {
    case 'prepare': {
      const preparedUnder = put(after.preparedUnder, subject, settings);
      return { ...after, preparedAt: put(after.preparedAt, subject, now), preparedUnder };
    }
    case 'layer': {
      const { times = { seconds: 0, partsSeconds: 0 } } = done;
      return {
        ...after,
        layers: put(after.layers, subject, { buildId, settings, at: now, isListed: false, ...times }),
      };
    }
    case 'prune':
    case 'prune-clouds':
      return { ...after, pruned: put(after.pruned, failureKey(done), { ids, at: now }) };
    case 'build':
    case 'copy':
    case 'sweep':
    case 'preflight':
    case 'trial':
      return after;
  }
}

/** Adds a build that created its image. The image counts as unlisted until `rememberListed` finds it. */
export function rememberBuild(
  journal: Journal,
  imageName: string,
  build: Pick<LastBuild, 'buildId' | 'at' | 'settings'>,
): Journal {
  const before = journal.built[imageName];
  if (before?.buildId === build.buildId) return journal;
  const unlisted = 1 + (before?.settings === build.settings ? before.unlisted : 0);
  return { ...journal, built: put(journal.built, imageName, { ...build, unlisted, isSuperseded: false }) };
}

/** The answers of the clouds and the jobs that ran at that moment. */
interface ObservedJobs {
  readonly observation: Observation | undefined;
  readonly ongoing: readonly Pick<OngoingJob, 'buildId'>[];
}

/**
 * Adds what the active images of the build cloud prove: the last build of an image or layer is listed, and a build that an
 * action requested has ended, unless it still runs: it cleans up and copies after its image is active. On standby, a last
 * build is superseded when the newest image of its name is of another build.
 */
export function rememberListed(
  journal: Journal,
  desired: DesiredState,
  { observation, ongoing }: ObservedJobs,
): Journal {
  const build = observation?.find(({ cloudId }) => cloudId === buildCloudOf(desired));
  const active = build?.state === 'seen' ? build.images.filter(({ status }) => status === 'active') : [];
  const listed = new Set(active.map(({ buildId }) => buildId));
  const requested = desired.requests.flatMap(({ builds }) => builds.map(({ buildId }) => buildId));
  const running = new Set(ongoing.map(({ buildId }) => buildId));
  const ended = requested
    .filter((buildId) => listed.has(buildId) && !running.has(buildId))
    .reduce(rememberEnded, journal);
  const known = rememberListedLayers(ended, build?.state === 'seen' ? (build.layers ?? []) : []);
  const newest = new Map(active.toReversed().map(({ name, buildId }) => [name, buildId]));
  const changed = Object.entries(known.built).flatMap(([imageName, build]) => {
    const { buildId, unlisted, isSuperseded } = build;
    const later: LastBuild = {
      ...build,
      unlisted: listed.has(buildId) ? 0 : unlisted,
      isSuperseded:
        isSuperseded || (desired.role === 'observes' && (newest.get(imageName) ?? buildId) !== buildId),
    };
    const isSame = later.unlisted === unlisted && later.isSuperseded === isSuperseded;
    return isSame ? [] : [[imageName, later] as const];
  });
  if (changed.length === 0) return known;
  return { ...known, built: { ...known.built, ...Object.fromEntries(changed) } };
}

function rememberListedLayers(journal: Journal, listed: readonly ObservedLayer[]): Journal {
  const buildIds = new Set(listed.map(({ buildId }) => buildId));
  const found = Object.entries(journal.layers).filter(
    ([, { isListed, buildId }]) => !isListed && buildIds.has(buildId),
  );
  if (found.length === 0) return journal;
  const changed = found.map(([name, layer]) => [name, { ...layer, isListed: true }] as const);
  return { ...journal, layers: { ...journal.layers, ...Object.fromEntries(changed) } };
}

/** Puts the entry last and drops the oldest entries beyond the maximum. */
function put<T>(record: Readonly<Record<string, T>>, key: string, value: T): Readonly<Record<string, T>> {
  return Object.fromEntries(
    [...Object.entries(without(record, key)), [key, value] as const].slice(-MAX_RECORDS),
  );
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([other]) => other !== key));
}
