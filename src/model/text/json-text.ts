import { InputError } from '../errors.ts';

/** Parses JSON. Throws InputError that names `what` and does not quote the text. */
export function parseJsonText(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error of JSON.parse is no cause of the new one, because it quotes the text, which may be secret.
    throw new InputError([`${what}: expected JSON`]);
  }
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPENING = new Set([91, 123]);
const CLOSING = new Set([93, 125]);

/** Reports whether JSON text is nested deeper than `maximum`. It reads the text once and does not recurse. */
export function isNestedDeeper(text: string, maximum: number): boolean {
  let depth = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) isQuoted = !isQuoted;
    else if (isQuoted) index += code === BACKSLASH ? 1 : 0;
    else if (OPENING.has(code) && ++depth > maximum) return true;
    else if (CLOSING.has(code)) depth--;
  }
  return false;
}
