/** The data of an image that is too large for the memory: one block, repeated. Like a Buffer, it has parts. */
export class RepeatedData implements Iterable<Buffer> {
  readonly length: number;
  readonly #block: Buffer;
  readonly #start: number;

  constructor(block: Buffer, length: number, start = 0) {
    this.#block = block;
    this.length = length;
    this.#start = start;
  }

  subarray(start: number, end: number): RepeatedData {
    return new RepeatedData(this.#block, end - start, this.#start + start);
  }

  *[Symbol.iterator](): Generator<Buffer> {
    for (let at = 0; at < this.length;) {
      const from = (this.#start + at) % this.#block.length;
      const piece = this.#block.subarray(from, from + this.length - at);
      yield piece;
      at += piece.length;
    }
  }
}
