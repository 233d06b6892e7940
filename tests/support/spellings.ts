const units = (text: string): readonly number[] =>
  [...Array(text.length).keys()].map((at) => text.charCodeAt(at));
const bytes = (text: string): readonly number[] => [...Buffer.from(text)];
const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const html = (text: string): string =>
  text.replace(
    /[&<>"']/g,
    (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one] ?? '&#39;',
  );
const hex = (number: number, length: number): string => number.toString(16).padStart(length, '0');
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** The spellings of a text that a gateway may use when it echoes a request. */
export const SPELLINGS: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  'escaped for JSON': json,
  'escaped for JSON with \\/': (secret) => json(secret).replaceAll('/', '\\/'),
  'escaped for JSON twice': (secret) => json(json(secret)),
  'escaped for JSON in \\u0041 only': (secret) =>
    units(secret)
      .map((unit) => `\\u${hex(unit, 4)}`)
      .join(''),
  'escaped for JSON in \\u004A only': (secret) =>
    units(secret)
      .map((unit) => `\\u${hex(unit, 4).toUpperCase()}`)
      .join(''),
  'URL-encoded': encodeURIComponent,
  'URL-encoded in lower case': (secret) =>
    bytes(secret)
      .map((byte) => `%${hex(byte, 2)}`)
      .join(''),
  'URL-encoded in upper case': (secret) =>
    bytes(secret)
      .map((byte) => `%${hex(byte, 2).toUpperCase()}`)
      .join(''),
  'URL-encoded as a form': (secret) => new URLSearchParams({ p: secret }).toString().slice(2),
  'URL-encoded twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'in HTML entities': html,
  'in decimal HTML entities': (secret) =>
    Array.from(secret, (one) => `&#${one.codePointAt(0) ?? 0};`).join(''),
  'in hexadecimal HTML entities': (secret) =>
    Array.from(secret, (one) => `&#x${hex(one.codePointAt(0) ?? 0, 1).toUpperCase()};`).join(''),
  'in named HTML entities': (secret) =>
    html(secret).replaceAll('é', '&eacute;').replaceAll('%', '&percnt;').replaceAll('$', '&dollar;'),
  'in HTML in JSON': (secret) => json(html(secret)),
  'in JSON in HTML': (secret) => html(json(secret)),
  "in Python's form of bytes": (secret) =>
    bytes(secret)
      .map((byte) =>
        byte > 126 ? `\\x${hex(byte, 2)}` : String.fromCharCode(byte).replace(/[\\']/g, '\\$&'),
      )
      .join(''),
  'in lower-case hex': (secret) => Buffer.from(secret).toString('hex'),
  'in upper-case hex': (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
  ...Object.fromEntries(
    ['', 'u:', 'me:', 'you:', '\0you\0', '{"x":"'].flatMap((before) => [
      [`in base64 after ${before}`, (secret: string) => base64(`${before}${secret}`)],
      [`in base64 after ${before} with more behind`, (secret: string) => base64(`${before}${secret}"}`)],
      [
        `in base64url after ${before}`,
        (secret: string) => Buffer.from(`${before}${secret}`).toString('base64url'),
      ],
      [
        `in base64 in JSON after ${before}`,
        (secret: string) => base64(`${before}${secret}`).replaceAll('/', '\\/'),
      ],
      [
        `in base64 in a URL after ${before}`,
        (secret: string) => encodeURIComponent(base64(`${before}${secret}`)),
      ],
    ]),
  ),
};

/** Returns the longest part of `spelling` that is still in `text`. */
export function longestRest(text: string, spelling: string): number {
  for (let length = spelling.length; length > 0; length--) {
    for (let at = 0; at + length <= spelling.length; at++) {
      if (text.includes(spelling.slice(at, at + length))) return length;
    }
  }
  return 0;
}
