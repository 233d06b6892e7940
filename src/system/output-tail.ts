import { StringDecoder } from 'node:string_decoder';

/** The end of a stream of UTF-8, at most `limit` UTF-16 units of it. */
export class OutputTail {
  readonly #limit: number;
  readonly #decoder = new StringDecoder('utf8');
  #text = '';

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes bytes and gives the whole characters that they complete. */
  push(bytes: Buffer): string {
    return this.#keep(this.#decoder.write(bytes));
  }

  /** Gives what an unfinished character at the end leaves. */
  end(): string {
    return this.#keep(this.#decoder.end());
  }

  get text(): string {
    return lastOf(this.#text, this.#limit);
  }

  #keep(text: string): string {
    this.#text += text;
    // Cut rarely: each cut copies, and a build prints line by line.
    if (this.#text.length > 2 * this.#limit) this.#text = lastOf(this.#text, this.#limit);
    return text;
  }
}

/** The last `length` units of `text`, without half of a surrogate pair at its start. */
function lastOf(text: string, length: number): string {
  const tail = text.slice(Math.max(0, text.length - length));
  return /^[\uDC00-\uDFFF]/.test(tail) ? tail.slice(1) : tail;
}
