import { Readable } from 'node:stream';

/** The buffer of one fan-out reader: a stream that the fan-out appends to and that reports when it has room. */
export class ReaderBuffer extends Readable {
  #hasRoom = true;
  #onRoom: (() => void) | undefined;
  #fed = 0;

  constructor(bufferBytes: number) {
    super({ highWaterMark: bufferBytes });
    this.on('error', () => undefined); // an unread stream must not fail the process
  }

  /** The number of bytes appended so far. */
  get received(): number {
    return this.#fed;
  }

  /** Reports whether the buffer is below its limit. A destroyed stream always has room: it drops what is appended. */
  get hasRoom(): boolean {
    return this.#hasRoom || this.destroyed;
  }

  append(chunk: Buffer): void {
    if (this.destroyed) return;
    this.#fed += chunk.length;
    this.#hasRoom = this.push(chunk);
  }

  /** Ends the stream. */
  end(): void {
    if (!this.destroyed) this.push(null);
  }

  /** Resolves when the buffer has room or the stream is destroyed. */
  async waitForRoom(): Promise<void> {
    if (this.hasRoom) return;
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
  }

  override _read(): void {
    this.#resumeFanOut();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#resumeFanOut();
    done(error);
  }

  #resumeFanOut(): void {
    this.#hasRoom = true;
    const resume = this.#onRoom;
    this.#onRoom = undefined;
    resume?.();
  }
}
