import { InputError } from './errors.ts';

/** Parses JSON. Throws InputError that names `what` it is the text of, and does not repeat the text. */
export function parseJsonText(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError([`${what}: expected JSON`]); // its own error quotes the text, which may be secret
  }
}
