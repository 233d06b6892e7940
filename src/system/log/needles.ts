import { decodeFully } from './decoded-text.ts';

/** A spelling of a secret that is searched for in decoded texts. */
export interface Needle {
  readonly text: string;
  /** The number of its first characters that must be found in a text with blanks; a message may cut a secret. */
  readonly minimumInProse: number;
  /** The same for a text without blanks, such as an id or a name; infinite when the secret is too weak. */
  readonly minimumInData: number;
  /** True when it counts only without letters and digits beside it. */
  readonly isWholeWord: boolean;
}

/** A single character is not searched for. */
const SHORTEST = 2;
/** A shorter secret is searched for as a word of its own, because it is a part of many words. */
const SHORTEST_PART_OF_WORD = 4;
/** A shorter line of a secret with several lines is not searched for. */
const SHORTEST_LINE = 6;
const SHORTEST_BEGINNING = 6;
/** A shorter secret, or one that could be a word, may be a part of an id or a name by chance. */
const SHORTEST_IN_DATA = 8;
const WORD = /^[a-z-]*$/;

/** Returns all spellings of a secret that are searched for. */
export function listNeedles(secret: string): readonly Needle[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  const parts = [secret.trim(), ...lines.filter((line) => line.length >= SHORTEST_LINE)];
  return [...new Set(parts)].filter((part) => part.length >= SHORTEST).flatMap(listNeedlesOfPart);
}

function listNeedlesOfPart(part: string): readonly Needle[] {
  if (part.length < SHORTEST_PART_OF_WORD) return [part, decodeFully(part)].map(toWord);
  const isWeak = part.length < SHORTEST_IN_DATA || WORD.test(part);
  const isUrl = URL.canParse(part);
  const encoded = [part, JSON.stringify(part).slice(1, -1), encodeURIComponent(toWellFormed(part))];
  const texts = [part, ...new Set(encoded)].flatMap((text, index) => {
    const bytes = Buffer.from(text);
    return index === 0
      ? [text]
      : [bytes.toString('hex'), bytes.toString('hex').toUpperCase(), ...listBase64(bytes)];
  });
  const spellings = new Set(texts.flatMap((text) => [text, decodeFully(text)]));
  return [...spellings]
    .filter((text) => text.length >= SHORTEST_PART_OF_WORD)
    .map((text) => ({
      text,
      isWholeWord: false,
      // the beginning of a URL is rarely secret
      minimumInProse: isUrl
        ? text.length
        : Math.min(text.length, Math.max(SHORTEST_BEGINNING, Math.ceil(text.length / 2))),
      minimumInData: isWeak ? Number.POSITIVE_INFINITY : text.length,
    }));
}

function toWord(text: string): Needle {
  return { text, minimumInProse: text.length, minimumInData: Number.POSITIVE_INFINITY, isWholeWord: true };
}

/** Returns the characters of base64 that depend on `bytes` only, for each position of them in the encoded data. */
function listBase64(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const start = Math.ceil((before * 8) / 6);
    const end = Math.floor(((before + bytes.length) * 8) / 6);
    const own = encoded.slice(start, end);
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function toWellFormed(text: string): string {
  return Buffer.from(text).toString();
}
