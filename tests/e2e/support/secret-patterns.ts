/** A secret to search for, and a name that a report may print. */
export interface NamedSecret {
  readonly name: string;
  readonly value: string;
}

/** The encoding in which a secret was found. */
export type Encoding = 'plain' | 'base64' | 'hex' | 'url' | 'json';

/** The bytes of a secret in one encoding. */
export interface Pattern {
  readonly secret: string;
  readonly encoding: Encoding;
  readonly bytes: Buffer;
}

const SHORTEST_SECRET = 8;
const PIECE = 24;

/**
 * Returns the base64 characters of the secret that do not depend on the bytes around it when `before` bytes precede it.
 * They are two adjacent pieces, because a line break after 76 characters cuts at most one of them.
 */
function base64Pieces(value: Buffer, before: number): readonly string[] {
  const encoded = Buffer.concat([Buffer.alloc(before), value]).toString('base64');
  const stable = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + value.length) * 8) / 6));
  const half = Math.min(PIECE, Math.floor(stable.length / 2));
  return stable.length < PIECE ? [stable] : [stable.slice(0, half), stable.slice(half, 2 * half)];
}

function base64Texts(value: Buffer): readonly string[] {
  const texts = [0, 1, 2].flatMap((before) => base64Pieces(value, before));
  return [...texts, ...texts.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
}

/** Returns all patterns of a secret, the plain one first. */
export function patternsOf(secret: NamedSecret): readonly Pattern[] {
  const value = Buffer.from(secret.value);
  if (value.length < SHORTEST_SECRET) throw new Error(`${secret.name} is too short to be searched for`);
  const hex = value.toString('hex');
  const texts: readonly (readonly [Encoding, string])[] = [
    ['plain', secret.value],
    ...base64Texts(value).map((text) => ['base64', text] as const),
    ['hex', hex],
    ['hex', hex.toUpperCase()],
    ['url', encodeURIComponent(secret.value)],
    ['json', JSON.stringify(secret.value).slice(1, -1)],
  ];
  const unique = new Map(texts.toReversed().map(([encoding, text]) => [text, encoding]));
  return [...unique]
    .toReversed()
    .map(([text, encoding]) => ({ secret: secret.name, encoding, bytes: Buffer.from(text) }));
}
