import { Readable } from 'node:stream';

/** One reader's way through a fan-out: a stream that is fed from outside and tells when it has room. */
export class Lane extends Readable {
  #hasRoom = true;
  #onRoom: (() => void) | undefined;
  #fed = 0;

  constructor(bufferBytes: number) {
    super({ highWaterMark: bufferBytes });
    this.on('error', () => undefined); // whoever reads it hears of it; a lane that nobody reads fails nobody
  }

  /** Bytes that were fed so far. */
  get fed(): number {
    return this.#fed;
  }

  /** May more be fed without growing beyond the buffer? A lane that is destroyed takes everything and keeps nothing. */
  get hasRoom(): boolean {
    return this.#hasRoom || this.destroyed;
  }

  feed(chunk: Buffer): void {
    if (this.destroyed) return;
    this.#fed += chunk.length;
    this.#hasRoom = this.push(chunk);
  }

  /** Tells the reader that this was all. */
  end(): void {
    if (!this.destroyed) this.push(null);
  }

  /** Resolves when there is room again, or nothing to wait for any more. */
  async waitForRoom(): Promise<void> {
    if (this.hasRoom) return;
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
  }

  override _read(): void {
    this.#release();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#release();
    done(error);
  }

  #release(): void {
    this.#hasRoom = true;
    const resume = this.#onRoom;
    this.#onRoom = undefined;
    resume?.();
  }
}
