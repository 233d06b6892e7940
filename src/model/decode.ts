/** Reads an unknown value as a `T`; what does not fit is added to `problems`, and then the result is `undefined`. */
export type Decoder<T> = (value: unknown, at: string, problems: string[]) => T | undefined;

export type Decoded<D> = D extends Decoder<infer T> ? T : never;

/** What was got, told without telling it: it may be a secret. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (value === '') return 'an empty string';
  return typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}

function misfit(expected: string, value: unknown, at: string, problems: string[]): undefined {
  problems.push(`${at === '' ? 'all of it' : at}: expected ${expected}, got ${kindOf(value)}`);
  return undefined;
}

/** A string, the empty one included. */
export const anyString: Decoder<string> = (value, at, problems) =>
  typeof value === 'string' ? value : misfit('a string', value, at, problems);

/** A string that is not empty. */
export const text: Decoder<string> = (value, at, problems) =>
  typeof value === 'string' && value !== '' ? value : misfit('a non-empty string', value, at, problems);

/** A whole number. */
export const integer: Decoder<number> = (value, at, problems) =>
  typeof value === 'number' && Number.isSafeInteger(value)
    ? value
    : misfit('a whole number', value, at, problems);

/** A number, of seconds for example. */
export const number: Decoder<number> = (value, at, problems) =>
  typeof value === 'number' && Number.isFinite(value) ? value : misfit('a number', value, at, problems);

/** Whatever it is, left as it is. */
export const anything: Decoder<unknown> = (value) => value;

/** A boolean, or YAML 1.1's words for one. */
export const flag: Decoder<boolean> = (value, at, problems) => {
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  if (word === true || word === 'yes' || word === 'true' || word === 'on') return true;
  if (word === false || word === 'no' || word === 'false' || word === 'off') return false;
  return misfit('true or false', value, at, problems);
};

/** One of `words`. */
export function oneOf<const W extends string | number>(words: readonly W[]): Decoder<W> {
  return (value, at, problems) =>
    words.find((word) => word === value) ?? misfit(`one of ${words.join(', ')}`, value, at, problems);
}

/** `null` and absence become `otherwise`. */
export function withDefault<T, O>(decoder: Decoder<T>, otherwise: O): Decoder<T | O> {
  return (value, at, problems) =>
    value === undefined || value === null ? otherwise : decoder(value, at, problems);
}

/** `null` and absence become `undefined`. */
export function optional<T>(decoder: Decoder<T>): Decoder<T | undefined> {
  return withDefault(decoder, undefined);
}

/** A list of which every element fits. */
export function list<T>(element: Decoder<T>): Decoder<readonly T[]> {
  return (value, at, problems) => {
    if (!Array.isArray(value)) return misfit('a list', value, at, problems);
    return value.map((item: unknown, index) => element(item, `${at}[${index}]`, problems) as T);
  };
}

/** Is it what JSON calls an object? */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A mapping from any string to values that fit. */
export function mapping<T>(element: Decoder<T>): Decoder<Readonly<Record<string, T>>> {
  return (value, at, problems) => {
    if (!isMapping(value)) return misfit('a mapping', value, at, problems);
    const read = Object.entries(value).map(([key, item]) => [key, element(item, `${at}.${key}`, problems)]);
    return Object.fromEntries(read) as Record<string, T>;
  };
}

/** A mapping with these fields; further ones are passed over. */
export function fields<F extends Readonly<Record<string, Decoder<unknown>>>>(
  shape: F,
): Decoder<{ readonly [K in keyof F]: Decoded<F[K]> }> {
  return (value, at, problems) => {
    if (!isMapping(value)) return misfit('a mapping', value, at, problems);
    const read = Object.entries(shape).map(([key, decoder]) => [
      key,
      decoder(value[key], at === '' ? key : `${at}.${key}`, problems),
    ]);
    return Object.fromEntries(read) as { [K in keyof F]: Decoded<F[K]> };
  };
}

/** Decodes `value`, or throws what `fail` makes of all the problems found. */
export function decode<T>(
  decoder: Decoder<T>,
  value: unknown,
  at: string,
  fail: (problems: readonly string[]) => Error,
): T {
  const problems: string[] = [];
  const result = decoder(value, at, problems);
  if (problems.length > 0) throw fail(problems);
  return result as T;
}
