import { type Decoded, type Decoder, fields } from '../decode.ts';

/** Returns the value with its keys in snake case at every depth. */
export function toSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSnakeCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [snakeKey(key), toSnakeCase(item)]));
}

/** Decodes a mapping whose keys are those of `shape` in snake case. The inverse of `toSnakeCase`. */
export function snakeFields<F extends Readonly<Record<string, Decoder<unknown>>>>(
  shape: F,
): Decoder<{ readonly [K in keyof F]: Decoded<F[K]> }> {
  const keys = Object.keys(shape);
  const decoder = fields(
    Object.fromEntries(Object.entries(shape).map(([key, field]) => [snakeKey(key), field])),
  );
  return (value, at, problems) => {
    const read = decoder(value, at, problems);
    if (read === undefined) return undefined;
    return Object.fromEntries(keys.map((key) => [key, read[snakeKey(key)]])) as {
      [K in keyof F]: Decoded<F[K]>;
    };
  };
}

function snakeKey(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
