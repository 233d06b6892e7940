import { type FailureKind, JOB_FAILURE_FIELDS, type JobFailure } from '../model/built.ts';
import {
  type Decoder,
  anyString,
  fields,
  integer,
  list,
  mapping,
  oneOf,
  text,
  withDefault,
} from '../model/decode.ts';
import type { DesiredState } from '../model/desired-state.ts';
import { EMPTY_JOURNAL, type Journal, failureKey } from './journal.ts';
import { isBuildable, listWantedImages } from './plan-matrix.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FIRST_DELAY = 5 * MINUTE;
const LONGEST_DELAY = 6 * HOUR;
const JITTER = 0.2;

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
  const delay = Math.min(FIRST_DELAY * 2 ** Math.max(0, attempts - 1), longest);
  return now + Math.round(Math.min(delay * (1 - JITTER + 2 * JITTER * random01), longest));
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
      return { ...after, builtAt: put(after.builtAt, subject, now) };
    case 'prepare':
      return { ...after, preparedAt: put(after.preparedAt, subject, now) };
    case 'prune':
      return { ...after, pruned: put(after.pruned, failureKey(done), { settings, at: now }) };
    case 'copy':
      return after;
  }
}

/** A build has ended, well or not: an action that asked for it does not get it again. */
export function rememberEnded(journal: Journal, buildId: string): Journal {
  if (journal.endedBuilds.includes(buildId)) return journal;
  return { ...journal, endedBuilds: append(journal.endedBuilds, [buildId]) };
}

/** Actions whose builds have all ended are answered. An image that is not wanted or cannot be built is not waited for. */
export function rememberAnswered(journal: Journal, desired: DesiredState): Journal {
  const wanted = new Set(
    listWantedImages(desired.images)
      .filter(isBuildable)
      .map(({ imageName }) => imageName),
  );
  const answered = desired.requests
    .filter(({ builds }) =>
      builds.every(
        ({ imageName, buildId }) => journal.endedBuilds.includes(buildId) || !wanted.has(imageName),
      ),
    )
    .map(({ action }) => action)
    .filter((action) => !journal.answered.includes(action));
  if (answered.length === 0) return journal;
  return { ...journal, answered: append(journal.answered, answered) };
}

const decoder: Decoder<Journal> = fields({
  format: oneOf([1]),
  builtAt: mapping(integer),
  preparedAt: mapping(integer),
  failures: mapping(fields({ ...JOB_FAILURE_FIELDS, settings: anyString })),
  pruned: withDefault(mapping(fields({ settings: anyString, at: integer })), {}),
  answered: list(text),
  endedBuilds: list(text),
});

/**
 * Reads journal.json's text; `undefined`: there is no such file. One that cannot be read is told as corrupt and counts
 * as empty: that costs time, never correctness.
 */
export function parseJournal(json: string | undefined): {
  readonly journal: Journal;
  readonly isCorrupt: boolean;
} {
  if (json === undefined) return { journal: EMPTY_JOURNAL, isCorrupt: false };
  const problems: string[] = [];
  const read = decoder(parseOrUndefined(json), 'journal.json', problems);
  if (read === undefined || problems.length > 0) return { journal: EMPTY_JOURNAL, isCorrupt: true };
  return { journal: read, isCorrupt: false };
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
