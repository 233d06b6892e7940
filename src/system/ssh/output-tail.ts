import { StringDecoder } from 'node:string_decoder';

/** Keeps the end of a UTF-8 stream: at most `limit` UTF-16 units. */
export class OutputTail {
  readonly #limit: number;
  readonly #decoder = new StringDecoder('utf8');
  #text = '';

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds bytes and returns the characters that they complete. */
  push(bytes: Buffer): string {
    return this.#keep(this.#decoder.write(bytes));
  }

  /** Ends the stream and returns the replacement for an incomplete last character. */
  end(): string {
    return this.#keep(this.#decoder.end());
  }

  get text(): string {
    return lastOf(this.#text, this.#limit);
  }

  #keep(text: string): string {
    this.#text += text;
    // Truncate rarely: each cut copies the text, and a build prints line by line.
    if (this.#text.length > 2 * this.#limit) this.#text = lastOf(this.#text, this.#limit);
    return text;
  }
}

/** Returns the last `length` units of `text`, without half a surrogate pair at the start. */
function lastOf(text: string, length: number): string {
  const tail = text.slice(Math.max(0, text.length - length));
  return /^[\uDC00-\uDFFF]/.test(tail) ? tail.slice(1) : tail;
}
