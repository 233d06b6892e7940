import type { Decoder } from './decode.ts';

/** The text that replaces a secret. */
export const REDACTED = '[secret]';

/** A value that cannot be printed by accident: templates, JSON and `inspect` show `[secret]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** Returns the plain value. Call it only where the value is sent or written. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}

/** Returns a decoder that wraps the value of `decoder` in a Secret. */
export function secretOf(decoder: Decoder<string>): Decoder<Secret> {
  return (value, at, problems) => {
    const read = decoder(value, at, problems);
    return read === undefined ? undefined : new Secret(read);
  };
}
