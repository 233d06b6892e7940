/**
 * Decodes an unknown value that is found at the path `at`. Adds every problem to `problems`; when it added one, the
 * result is not usable.
 */
export type Decoder<T> = (value: unknown, at: string, problems: string[]) => T | undefined;

export type Decoded<D> = D extends Decoder<infer T> ? T : never;

/** Returns the kind of a value for a message. The value itself may be a secret and must not be printed. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (value === '') return 'an empty string';
  return typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}

function reject(expected: string, value: unknown, at: string, problems: string[]): undefined {
  problems.push(`${at === '' ? 'all of it' : at}: expected ${expected}, got ${kindOf(value)}`);
  return undefined;
}

/** Decodes a string, which may be empty. */
export const anyString: Decoder<string> = (value, at, problems) =>
  typeof value === 'string' ? value : reject('a string', value, at, problems);

/** Decodes a non-empty string. */
export const text: Decoder<string> = (value, at, problems) =>
  typeof value === 'string' && value !== '' ? value : reject('a non-empty string', value, at, problems);

const MAX_NAME_LENGTH = 255;

/** Decodes a string of `least` to `most` characters. */
export function textOf(least: 0 | 1, most: number): Decoder<string> {
  return (value, at, problems) =>
    typeof value === 'string' && value.length >= least && value.length <= most
      ? value
      : reject(`a text of ${least} to ${most} characters`, value, at, problems);
}

/** Decodes a non-empty string of up to 255 characters, the longest name that OpenStack accepts. */
export const nameText = textOf(1, MAX_NAME_LENGTH);

/** Decodes a string of up to 255 characters, which may be empty. */
export const shortText = textOf(0, MAX_NAME_LENGTH);

/** Decodes a string of up to 2048 characters, the longest URL that is used, which may be empty. */
export const urlText = textOf(0, 2048);

const MAX_MESSAGE_LENGTH = 2000;

/** Decodes a message for people and cuts it to 2000 characters, because it may quote a foreign text of any length. */
export const messageText: Decoder<string> = (value, at, problems) => {
  const read = anyString(value, at, problems);
  return read === undefined || read.length <= MAX_MESSAGE_LENGTH
    ? read
    : `${read.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
};

const UUID = /^[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}$/i;

/** Reports whether a text can be the id of an image, a server or another resource with UUIDs as ids. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Decodes a UUID, with or without dashes. */
export const uuid: Decoder<string> = (value, at, problems) =>
  typeof value === 'string' && isUuid(value) ? value : reject('a UUID', value, at, problems);

const PROJECT_ID = /^[\w-]{1,64}$/;

/** Decodes the id of a project. Keystone makes UUIDs without dashes, but other clouds have numbers and names. */
export const projectId: Decoder<string> = (value, at, problems) =>
  typeof value === 'string' && PROJECT_ID.test(value)
    ? value
    : reject('an id of up to 64 letters, digits and dashes', value, at, problems);

/** Decodes a name that may be absent, null or empty; the result is then undefined. */
export const optionalName: Decoder<string | undefined> = (value, at, problems) =>
  value === undefined || value === null || value === '' ? undefined : nameText(value, at, problems);

/** Decodes a whole number. */
export const integer: Decoder<number> = (value, at, problems) =>
  typeof value === 'number' && Number.isSafeInteger(value)
    ? value
    : reject('a whole number', value, at, problems);

/** Decodes a finite number. */
export const number: Decoder<number> = (value, at, problems) =>
  typeof value === 'number' && Number.isFinite(value) ? value : reject('a number', value, at, problems);

/** Accepts any value, unchanged. */
export const anything: Decoder<unknown> = (value) => value;

/** Decodes a boolean, or one of YAML 1.1's words for one. */
export const flag: Decoder<boolean> = (value, at, problems) => {
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  if (word === true || word === 'yes' || word === 'true' || word === 'on') return true;
  if (word === false || word === 'no' || word === 'false' || word === 'off') return false;
  return reject('true or false', value, at, problems);
};

/** Decodes one of `words`. */
export function oneOf<const W extends string | number>(words: readonly W[]): Decoder<W> {
  return (value, at, problems) =>
    words.find((word) => word === value) ?? reject(`one of ${words.join(', ')}`, value, at, problems);
}

/** Decodes a value that may be absent or null; the result is then `otherwise`. */
export function withDefault<T, O>(decoder: Decoder<T>, otherwise: O): Decoder<T | O> {
  return (value, at, problems) =>
    value === undefined || value === null ? otherwise : decoder(value, at, problems);
}

/** Decodes a value that may be absent or null; the result is then undefined. */
export function optional<T>(decoder: Decoder<T>): Decoder<T | undefined> {
  return withDefault(decoder, undefined);
}

/** Decodes a list. */
export function list<T>(element: Decoder<T>): Decoder<readonly T[]> {
  return (value, at, problems) => {
    if (!Array.isArray(value)) return reject('a list', value, at, problems);
    return value.map((item: unknown, index) => element(item, `${at}[${index}]`, problems) as T);
  };
}

/** Reports whether `value` is an object in JSON's sense. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Decodes the elements of a list that are usable. Calls `skip` with the problems of each of the others. */
export function usableElements<T>(
  elements: readonly unknown[],
  element: Decoder<T>,
  at: string,
  skip: (problems: readonly string[]) => void,
): readonly T[] {
  return elements.flatMap((item, index) => {
    const problems: string[] = [];
    const read = element(item, `${at}[${index}]`, problems);
    if (problems.length === 0) return [read as T];
    skip(problems);
    return [];
  });
}

/** Decodes a list without its unusable elements, such as ids that only an earlier version accepted. */
export function usableList<T>(element: Decoder<T>): Decoder<readonly T[]> {
  return (value, at, problems) => {
    const elements = list(anything)(value, at, problems);
    return elements && usableElements(elements, element, at, () => undefined);
  };
}

const MAX_TAGS = 256;

/** Decodes tags of a resource: a mapping of up to 256 texts, each with its key up to 255 characters. */
export const tags: Decoder<Readonly<Record<string, string>>> = (value, at, problems) => {
  if (!isMapping(value)) return reject('a mapping', value, at, problems);
  const keys = Object.keys(value);
  if (keys.length > MAX_TAGS || keys.some((key) => key.length > MAX_NAME_LENGTH))
    return reject(`up to ${MAX_TAGS} keys of up to ${MAX_NAME_LENGTH} characters`, value, at, problems);
  return mapping(shortText)(value, at, problems);
};

/** Decodes a mapping from arbitrary strings to elements. */
export function mapping<T>(element: Decoder<T>): Decoder<Readonly<Record<string, T>>> {
  return (value, at, problems) => {
    if (!isMapping(value)) return reject('a mapping', value, at, problems);
    const read = Object.entries(value).map(([key, item]) => [key, element(item, `${at}.${key}`, problems)]);
    return Object.fromEntries(read) as Record<string, T>;
  };
}

/** Decodes a mapping with the fields of `shape`. Ignores other fields. */
export function fields<F extends Readonly<Record<string, Decoder<unknown>>>>(
  shape: F,
): Decoder<{ readonly [K in keyof F]: Decoded<F[K]> }> {
  return (value, at, problems) => {
    if (!isMapping(value)) return reject('a mapping', value, at, problems);
    const read = Object.entries(shape).map(([key, decoder]) => [
      key,
      decoder(value[key], at === '' ? key : `${at}.${key}`, problems),
    ]);
    return Object.fromEntries(read) as { [K in keyof F]: Decoded<F[K]> };
  };
}

/** Decodes `value`. Throws the error that `fail` makes of all problems. */
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
