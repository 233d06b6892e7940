import { isMapping } from '../model/decode.ts';

/** JSON in which the order of keys does not count: equal for equal values, and only for those. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (isMapping(item) ? sortKeys(item) : item));
}

function sortKeys(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(record).sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)),
  );
}
