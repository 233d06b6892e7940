import { InputError } from './errors.ts';

/** Parses JSON. Throws InputError that names `what` and does not quote the text. */
export function parseJsonText(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error of JSON.parse is no cause of the new one, because it quotes the text, which may be secret.
    throw new InputError([`${what}: expected JSON`]);
  }
}
