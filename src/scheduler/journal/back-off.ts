import { JOB_FAILURE_FIELDS, type JobFailure } from '../../model/built.ts';
import type { FailureKind } from '../../model/errors.ts';
import {
  type Decoder,
  anyString,
  anything,
  fields,
  integer,
  list,
  mapping,
  oneOf,
  text,
} from '../../model/decode.ts';
import type { DesiredState } from '../../model/desired-state.ts';
import { type BuildStreak, EMPTY_JOURNAL, type Journal, failureKey } from './journal.ts';
import { isBuildable } from '../plan/plan-matrix.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FIRST_DELAY = 5 * MINUTE;
const LONGEST_DELAY = 6 * HOUR;
const JITTER = 0.2;
/** The longest expected build time. A build that ends within the back-off and this time continues the streak. */
const LONG_BUILD = 2 * HOUR;
/** The number of builds that a streak keeps. At this length the delay has reached its maximum. */
const MAX_STREAK = 10;

const MAX_LIST = 100;
/** Far more than the number of jobs that can fail at a time: a failure that is dropped would be retried at once. */
const MAX_RECORDS = 1000;

/** The identity of a job: its kind, its subject and, for a copy or prune, its cloud. An empty id is the build cloud. */
export type JobKey = Pick<JobFailure, 'kind' | 'subject' | 'cloudId'>;

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
  const delay = delayAfter(attempts, longest);
  return now + Math.round(Math.min(delay * (1 - JITTER + 2 * JITTER * random01), longest));
}

function delayAfter(attempts: number, longest: number): number {
  return Math.min(FIRST_DELAY * 2 ** Math.max(0, attempts - 1), longest);
}

/** A failed job and what the back-off depends on. */
export interface FailedJob extends JobKey {
  readonly errorKind: FailureKind;
  readonly message: string;
  /** The digest from `settingsOf` at the start of the job. */
  readonly settings: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly intervalHours: number;
  /** A new random number between 0 and 1. */
  readonly random01: number;
}

/** Adds a failure. The delay grows with consecutive failures under the same settings and starts over under others. */
export function rememberFailure(journal: Journal, failed: FailedJob): Journal {
  const { kind, subject, cloudId, errorKind, message, settings, now } = failed;
  const key = failureKey(failed);
  const before = journal.failures[key];
  const attempts = before?.settings === settings ? before.attempts + 1 : 1;
  const next = nextAttemptAt(now, attempts, failed.intervalHours, failed.random01);
  const remembered = {
    ...{ kind, subject, cloudId, errorKind, message, attempts, settings },
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

/** Adds a success that ended at `now`. It replaces an earlier one even if the clock was set back in between. */
export function rememberSuccess(
  journal: Journal,
  done: JobKey & { readonly now: number; readonly settings: string },
): Journal {
  const { kind, subject, now, settings } = done;
  const after = forgetFailure(journal, done);
  switch (kind) {
    case 'build':
      return { ...rememberUnnamed(after, subject, now, settings), builtAt: put(after.builtAt, subject, now) };
    case 'prepare': {
      const preparedUnder = put(after.preparedUnder, subject, settings);
      return { ...after, preparedAt: put(after.preparedAt, subject, now), preparedUnder };
    }
    case 'prune':
      return { ...after, pruned: put(after.pruned, failureKey(done), { settings, at: now }) };
    case 'copy':
      return after;
  }
}

/** The placeholder for the id of a successful build until `rememberEnded` sets it in the same change of the journal. */
const UNNAMED = '';

function rememberUnnamed(journal: Journal, imageName: string, now: number, settings: string): Journal {
  const before = journal.builds[imageName];
  const streak = before?.settings === settings ? before.ids : [];
  const at = journal.builtAt[imageName] ?? Number.NaN;
  const longest = (1 + JITTER) * delayAfter(streak.length, LONGEST_DELAY) + LONG_BUILD;
  const isQuick = at <= now && now <= at + longest;
  const ids = [...(isQuick ? streak : []), UNNAMED].slice(-MAX_STREAK);
  return { ...journal, builds: put(journal.builds, imageName, { settings, ids }) };
}

/**
 * Adds the id of a build that ended, whether it succeeded or failed: an action that requested it does not get another
 * one. A success that was added just before gets this id.
 */
export function rememberEnded(journal: Journal, buildId: string): Journal {
  const named = nameBuilds(journal, buildId);
  if (named.endedBuilds.includes(buildId)) return named;
  return { ...named, endedBuilds: append(named.endedBuilds, [buildId]) };
}

function nameBuilds(journal: Journal, buildId: string): Journal {
  const streaks = Object.entries(journal.builds);
  if (streaks.every(([, { ids }]) => !ids.includes(UNNAMED))) return journal;
  const name = ({ settings, ids }: BuildStreak): BuildStreak => ({
    settings,
    ids: ids.includes(UNNAMED) ? [...ids.filter((id) => id !== UNNAMED && id !== buildId), buildId] : ids,
  });
  return {
    ...journal,
    builds: Object.fromEntries(streaks.map(([subject, streak]) => [subject, name(streak)])),
  };
}

/** Marks actions as answered when all their builds have ended. Images that are unwanted or unbuildable do not count. */
export function rememberAnswered(journal: Journal, desired: DesiredState): Journal {
  const isAwaited = (imageName: string): boolean => {
    const config = desired.images.get(imageName);
    return config !== undefined && isBuildable(config);
  };
  const answered = desired.requests
    .filter(({ builds }) =>
      builds.every(
        ({ imageName, buildId }) => journal.endedBuilds.includes(buildId) || !isAwaited(imageName),
      ),
    )
    .map(({ action }) => action)
    .filter((action) => !journal.answered.includes(action));
  if (answered.length === 0) return journal;
  return { ...journal, answered: append(journal.answered, answered) };
}

const failureDecoder = fields({ ...JOB_FAILURE_FIELDS, settings: anyString });
const prunedDecoder = fields({ settings: anyString, at: integer });
const streakDecoder: Decoder<BuildStreak> = fields({ settings: anyString, ids: list(text) });
const headDecoder = fields({ format: oneOf([1]) });

/**
 * Parses the text of journal.json; undefined means that there is no such file. Entries that cannot be read are left out
 * and reported by `isCorrupt`: a lost entry costs time, never correctness.
 */
export function parseJournal(json: string | undefined): {
  readonly journal: Journal;
  readonly isCorrupt: boolean;
} {
  if (json === undefined) return { journal: EMPTY_JOURNAL, isCorrupt: false };
  const problems: string[] = [];
  const value = parseOrUndefined(json);
  headDecoder(value, 'journal.json', problems);
  const all = mapping(anything)(value, 'journal.json', problems);
  if (all === undefined || problems.length > 0) return { journal: EMPTY_JOURNAL, isCorrupt: true };
  const record = <T>(name: keyof Journal, entry: Decoder<T>): Readonly<Record<string, T>> =>
    Object.fromEntries(readEntries(all[name], mapping(anything), entry, problems));
  const texts = (name: keyof Journal): readonly string[] =>
    readEntries(all[name], list(anything), text, problems).map(([, read]) => read);
  const journal: Journal = {
    format: 1,
    builtAt: record('builtAt', integer),
    builds: record('builds', streakDecoder),
    preparedAt: record('preparedAt', integer),
    preparedUnder: record('preparedUnder', anyString),
    failures: record('failures', failureDecoder),
    pruned: record('pruned', prunedDecoder),
    answered: texts('answered'),
    endedBuilds: texts('endedBuilds'),
  };
  return { journal, isCorrupt: problems.length > 0 };
}

/** Returns the entries that can be read. A missing collection is empty: earlier versions did not write all of them. */
function readEntries<T>(
  value: unknown,
  whole: Decoder<Readonly<Record<string, unknown>> | readonly unknown[]>,
  entry: Decoder<T>,
  problems: string[],
): readonly (readonly [string, T])[] {
  if (value === undefined || value === null) return [];
  return Object.entries(whole(value, 'journal.json', problems) ?? {}).flatMap(([key, item]) => {
    const own: string[] = [];
    const read = entry(item, key, own);
    problems.push(...own);
    return read === undefined || own.length > 0 ? [] : [[key, read] as const];
  });
}

function parseOrUndefined(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
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

function append(texts: readonly string[], added: readonly string[]): readonly string[] {
  return [...new Set([...texts, ...added])].slice(-MAX_LIST);
}
