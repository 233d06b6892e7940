import { InputError } from './errors.ts';

/** Parses JSON. Throws InputError that names `what` and does not quote the text. */
export function parseJsonText(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError([`${what}: expected JSON`]); // the error of JSON.parse is left out: it quotes the text, which may be secret
  }
}
