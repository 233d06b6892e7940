import { JOB_FAILURE_FIELDS } from '../../model/unit/built.ts';
import {
  type Decoder,
  anyString,
  anything,
  fields,
  flag,
  integer,
  list,
  mapping,
  number,
  oneOf,
  optional,
  text,
  withDefault,
} from '../../model/decode.ts';
import { jobEnd } from '../../model/job/job-end.ts';
import {
  type Cancellation,
  EMPTY_JOURNAL,
  type EndedBuild,
  type Journal,
  type LastBuild,
  type LastLayer,
} from './journal.ts';

const suspicion = { settings: anyString, isSuspect: withDefault(flag, false) };
const failureDecoder = fields({ ...JOB_FAILURE_FIELDS, ...suspicion });
const prunedDecoder = fields({ ids: withDefault(list(text), []), at: integer });
const builtDecoder: Decoder<LastBuild> = fields({
  buildId: text,
  at: integer,
  settings: anyString,
  unlisted: integer,
  isSuperseded: withDefault(flag, false),
});
const layerDecoder: Decoder<LastLayer> = fields({
  buildId: text,
  settings: anyString,
  at: integer,
  isListed: flag,
  seconds: number,
  partsSeconds: number,
});
const cancelledDecoder: Decoder<Cancellation> = fields({ action: text, at: integer, settings: anyString });
const endedDecoder: Decoder<EndedBuild> = fields({
  imageName: text,
  buildId: text,
  at: integer,
  seconds: number,
  hasImage: flag,
  bytes: optional(number),
});
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
  const entries = <T>(name: keyof Journal, entry: Decoder<T>): readonly T[] =>
    readEntries(all[name], list(anything), entry, problems).map(([, read]) => read);
  const journal: Journal = {
    format: 1,
    built: record('built', builtDecoder),
    preparedAt: record('preparedAt', integer),
    preparedUnder: record('preparedUnder', anyString),
    layers: record('layers', layerDecoder),
    cancelled: record('cancelled', cancelledDecoder),
    failures: record('failures', failureDecoder),
    pruned: record('pruned', prunedDecoder),
    answered: entries('answered', text),
    endedBuilds: entries('endedBuilds', text),
    died: record('died', integer),
    ends: entries('ends', jobEnd),
    history: entries('history', endedDecoder),
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
