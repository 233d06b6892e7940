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
/** Builds that follow each other after their rest and no more than this did so because they were not seen. */
const LONG_BUILD = 2 * HOUR;
/** After so many the delay is the longest. */
const ROW_BOUND = 10;

const LIST_BOUND = 100;
/** Far more than jobs can fail at a time: a failure that drops out would be tried at once. */
const RECORD_BOUND = 1000;

/** Which job: of what kind, on what, and for a copy or prune in which cloud; empty: the build cloud. */
export type JobKey = Pick<JobFailure, 'kind' | 'subject' | 'cloudId'>;

/**
 * When to try again, in epoch milliseconds: 5 minutes after the first failure, twice as long each time, give or take a
 * fifth so that many units do not come at once; never longer than the interval or 6 hours. `random01`: from 0 to 1.
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

/** A job that failed, as the daemon saw it. */
export interface FailedJob extends JobKey {
  readonly errorKind: FailureKind;
  readonly message: string;
  /** Of `settingsOf`, as they were when the job began. */
  readonly settings: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly intervalHours: number;
  /** From 0 to 1, drawn anew. */
  readonly random01: number;
}

/** Failures in a row under the same settings rest longer and longer; other settings begin anew. */
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

/** What came through, or is no longer wanted, is no failure. */
export function forgetFailure(journal: Journal, of: JobKey): Journal {
  const key = failureKey(of);
  if (journal.failures[key] === undefined) return journal;
  return { ...journal, failures: without(journal.failures, key) };
}

/** A job that came through: `now` is when it ended, also when an earlier end lies ahead of a clock that went back. */
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

/** A good build, until `rememberEnded` names it: both are parts of one change of the journal. */
const UNNAMED = '';

function rememberUnnamed(journal: Journal, imageName: string, now: number, settings: string): Journal {
  const before = journal.builds[imageName];
  const row = before?.settings === settings ? before.ids : [];
  const at = journal.builtAt[imageName] ?? Number.NaN;
  const longest = (1 + JITTER) * delayAfter(row.length, LONGEST_DELAY) + LONG_BUILD;
  const isQuick = at <= now && now <= at + longest;
  const ids = [...(isQuick ? row : []), UNNAMED].slice(-ROW_BOUND);
  return { ...journal, builds: put(journal.builds, imageName, { settings, ids }) };
}

/**
 * A build has ended, well or not: an action that asked for it does not get it again. A good one that was remembered
 * just before is this one.
 */
export function rememberEnded(journal: Journal, buildId: string): Journal {
  const named = nameBuilds(journal, buildId);
  if (named.endedBuilds.includes(buildId)) return named;
  return { ...named, endedBuilds: append(named.endedBuilds, [buildId]) };
}

function nameBuilds(journal: Journal, buildId: string): Journal {
  const rows = Object.entries(journal.builds);
  if (rows.every(([, { ids }]) => !ids.includes(UNNAMED))) return journal;
  const name = ({ settings, ids }: BuildStreak): BuildStreak => ({
    settings,
    ids: ids.includes(UNNAMED) ? [...ids.filter((id) => id !== UNNAMED && id !== buildId), buildId] : ids,
  });
  return { ...journal, builds: Object.fromEntries(rows.map(([subject, row]) => [subject, name(row)])) };
}

/** Actions whose builds have all ended are answered. An image that is not wanted or cannot be built is not waited for. */
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
const rowDecoder: Decoder<BuildStreak> = fields({ settings: anyString, ids: list(text) });
const headDecoder = fields({ format: oneOf([1]) });

/**
 * Reads journal.json's text; `undefined`: there is no such file. What of it cannot be read is told as corrupt and left
 * out, entry by entry: that costs time, never correctness.
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
    builds: record('builds', rowDecoder),
    preparedAt: record('preparedAt', integer),
    preparedUnder: record('preparedUnder', anyString),
    failures: record('failures', failureDecoder),
    pruned: record('pruned', prunedDecoder),
    answered: texts('answered'),
    endedBuilds: texts('endedBuilds'),
  };
  return { journal, isCorrupt: problems.length > 0 };
}

/** Those of the entries that can be read; earlier versions had not all of the collections. */
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

/** The last written last, and the first written dropped when there are too many. */
function put<T>(record: Readonly<Record<string, T>>, key: string, value: T): Readonly<Record<string, T>> {
  return Object.fromEntries(
    [...Object.entries(without(record, key)), [key, value] as const].slice(-RECORD_BOUND),
  );
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([other]) => other !== key));
}

function append(texts: readonly string[], added: readonly string[]): readonly string[] {
  return [...new Set([...texts, ...added])].slice(-LIST_BOUND);
}
