/** A decoded text. `starts[i]` and `ends[i]` are the range of its character i in the original text. */
export interface DecodedText {
  readonly text: string;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** The number of encodings inside each other that are decoded, such as JSON in HTML in JSON. */
const MAXIMUM_DEPTH = 5;

/**
 * One escape sequence: bytes as %41 or \x41, \u0041, a short escape of JSON, an HTML entity, or blanks. A plus sign
 * is a blank in forms. Every alternative is linear.
 */
const ESCAPE =
  /(?:(?:%|\\x)[0-9a-fA-F]{2})+|\\u[0-9a-fA-F]{4}|\\[nrtbf"'\\/]|&#\d{1,7};?|&#[xX][0-9a-fA-F]{1,6};?|&[A-Za-z]{2,8};|[\s+]{2,}|[^\S ]|\+/g;

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map(
  Object.entries({ n: ' ', r: ' ', t: ' ', b: '\b', f: ' ', '"': '"', "'": "'", '\\': '\\', '/': '/' }),
);

/** The names of HTML for characters of ASCII, and those for U+00A0 to U+00FF in their order. */
const ASCII_ENTITIES = `amp& lt< gt> quot" apos' num# dollar$ percnt% lpar( rpar) ast* plus+ comma, period. sol/ colon:
  semi; equals= quest? commat@ lsqb[ lbrack[ bsol\\ rsqb] rbrack] Hat^ lowbar_ grave\` lcub{ lbrace{ verbar| vert| rcub}
  rbrace} excl!`;
const LATIN_ENTITIES = `nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2
  sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring
  AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash
  Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml
  igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn
  yuml`;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ...ASCII_ENTITIES.split(/\s+/).map((entry): [string, string] => [entry.slice(0, -1), entry.slice(-1)]),
  ...LATIN_ENTITIES.split(/\s+/).map((name, index): [string, string] => [
    name,
    String.fromCharCode(0xa0 + index),
  ]),
]);

/** Returns the text itself and then the text after each level of decoding, until nothing is left to decode. */
export function listDecodings(text: string): readonly DecodedText[] {
  const starts = new Uint32Array(text.length);
  const ends = new Uint32Array(text.length);
  for (let index = 0; index < text.length; index++) {
    starts[index] = index;
    ends[index] = index + 1;
  }
  const decodings: DecodedText[] = [];
  let next: DecodedText | undefined = { text, starts, ends };
  while (next !== undefined && decodings.length <= MAXIMUM_DEPTH) {
    decodings.push(next);
    next = decodeOnce(next);
  }
  return decodings;
}

/** Returns a text after all levels of decoding. */
export function decodeFully(text: string): string {
  return listDecodings(text).at(-1)?.text ?? text;
}

/** Decodes one level; returns undefined when that changes nothing. */
function decodeOnce({ text, starts, ends }: DecodedText): DecodedText | undefined {
  const escapes = [...text.matchAll(ESCAPE)];
  if (escapes.length === 0) return undefined;
  const pieces: string[] = [];
  const newStarts: number[] = [];
  const newEnds: number[] = [];
  const add = (piece: string, from: number, to: number): void => {
    pieces.push(piece);
    for (let units = piece.length; units > 0; units--) {
      newStarts.push(starts[from] ?? 0);
      newEnds.push(ends[to - 1] ?? 0);
    }
  };
  const copy = (from: number, to: number): void => {
    for (let at = from; at < to; at++) add(text.charAt(at), at, at + 1);
  };
  let done = 0;
  for (const { 0: escape, index } of escapes) {
    copy(done, index);
    done = index + escape.length;
    if (/^(%|\\x)/.test(escape)) decodeBytes(escape, index, add);
    else add(decodeEscape(escape), index, done);
  }
  copy(done, text.length);
  const decoded = pieces.join('');
  return decoded === text
    ? undefined
    : { text: decoded, starts: Uint32Array.from(newStarts), ends: Uint32Array.from(newEnds) };
}

function decodeEscape(escape: string): string {
  if (/^[\s+]/.test(escape)) return ' ';
  if (escape.startsWith('\\u')) return String.fromCharCode(Number.parseInt(escape.slice(2), 16));
  if (escape.startsWith('\\')) return SHORT_ESCAPES.get(escape.slice(1)) ?? escape;
  const name = escape.slice(1).replace(/;$/, '');
  if (!name.startsWith('#')) return ENTITIES.get(name) ?? escape;
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code <= 0x10ffff ? String.fromCodePoint(code) : escape;
}

/** Decodes a run of %41 or \x41 as UTF-8; a byte that is not UTF-8 is a character of Latin-1. */
function decodeBytes(
  run: string,
  index: number,
  add: (piece: string, from: number, to: number) => void,
): void {
  const bytes: { readonly value: number; readonly from: number; readonly to: number }[] = [];
  for (const match of run.matchAll(/(?:%|\\x)(..)/g)) {
    const from = index + match.index;
    bytes.push({ value: Number.parseInt(match[1] ?? '', 16), from, to: from + match[0].length });
  }
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at]?.value ?? 0;
    const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    const group = bytes.slice(at, at + length);
    const decoded = Buffer.from(group.map(({ value }) => value)).toString('utf8');
    const isValid = !decoded.includes('\ufffd');
    const taken = isValid ? group : group.slice(0, 1);
    add(isValid ? decoded : String.fromCharCode(lead), taken[0]?.from ?? 0, taken.at(-1)?.to ?? 0);
    at += taken.length;
  }
}
