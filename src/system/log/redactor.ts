import { REDACTED, type Secret } from '../../model/secret.ts';
import { type DecodedText, listDecodings } from './decoded-text.ts';
import { mapJsonStrings } from './json-strings.ts';
import { type Needle, listNeedles } from './needles.ts';

/** The longest beginning of a needle that is looked up at each position of a text. */
const KEY_LENGTH = 4;

type Range = readonly [start: number, end: number];

/**
 * Replaces secrets in rendered texts, in every usual spelling: escaped for JSON, URLs and HTML, in base64 and in hex. The
 * time is linear in the length of the text. ADR 19 explains the rules.
 */
export class Redactor {
  readonly #known = new Set<string>();
  readonly #needles = new Map<string, Needle[]>();
  readonly #firstUnits = new Set<number>();
  readonly #keyLengths = new Set<number>();

  /** Redacts these secrets from now on. */
  add(secrets: Iterable<Secret>): void {
    for (const secret of secrets) {
      const value = secret.reveal();
      if (this.#known.has(value)) continue;
      this.#known.add(value);
      for (const needle of listNeedles(value)) this.#addNeedle(needle);
    }
  }

  #addNeedle(needle: Needle): void {
    const key = needle.text.slice(0, KEY_LENGTH);
    const others = this.#needles.get(key) ?? [];
    if (others.some(({ text }) => text === needle.text)) return;
    this.#needles.set(key, [...others, needle]);
    this.#firstUnits.add(key.charCodeAt(0));
    this.#keyLengths.add(key.length);
  }

  /** Redacts a rendered output. In JSON only the values of strings are changed, so that it remains valid. */
  redactOutput(text: string): string {
    if (this.#needles.size === 0) return text;
    return isJson(text) ? mapJsonStrings(text, (value) => this.redact(value)) : this.redact(text);
  }

  /** Redacts one text. */
  redact(text: string): string {
    if (this.#needles.size === 0) return text;
    const isProse = /\s/.test(text.trim());
    const ranges = listDecodings(text).flatMap((decoded) => this.#find(decoded, isProse));
    return replaceRanges(text, ranges);
  }

  #find({ text, starts, ends }: DecodedText, isProse: boolean): readonly Range[] {
    const ranges: Range[] = [];
    for (let at = 0; at < text.length; at++) {
      if (!this.#firstUnits.has(text.charCodeAt(at))) continue;
      const keys = [...this.#keyLengths].map((length) => text.slice(at, at + length));
      const candidates = keys.flatMap((key) => this.#needles.get(key) ?? []);
      const length = Math.max(0, ...candidates.map((needle) => matchedLength(text, at, needle, isProse)));
      if (length === 0) continue;
      ranges.push([starts[at] ?? 0, ends[at + length - 1] ?? 0]);
      at += length - 1;
    }
    return ranges;
  }
}

/** Returns how many characters at `at` must be redacted because of a needle: all of it, or its beginning if it is cut. */
function matchedLength(text: string, at: number, needle: Needle, isProse: boolean): number {
  const minimum = isProse ? needle.minimumInProse : needle.minimumInData;
  let length = 0;
  while (length < needle.text.length && text.charCodeAt(at + length) === needle.text.charCodeAt(length))
    length++;
  if (length < minimum || (needle.isWholeWord && !isWholeWord(text, at, length))) return 0;
  return length;
}

function isWholeWord(text: string, at: number, length: number): boolean {
  const beside = [text.charAt(at - 1), text.charAt(at + length)];
  return !beside.some((character) => /[\p{L}\p{N}]/u.test(character));
}

function replaceRanges(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  let result = '';
  let done = 0;
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
    if (start >= done) result += `${text.slice(done, start)}${REDACTED}`;
    done = Math.max(done, end);
  }
  return result + text.slice(done);
}

function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
