import { isMapping } from '../model/decode.ts';

/** Renders JSON with sorted keys, so that two texts are equal exactly when the values are. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (isMapping(item) ? sortKeys(item) : item));
}

function sortKeys(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(record).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)),
  );
}
