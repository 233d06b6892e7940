import { type Hash, createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { SourceError } from './source-error.ts';

/** The expected properties of a stream's data. */
export interface ExpectedData {
  readonly size: number;
  /** In hex. Undefined checks only the size. */
  readonly sha256?: string | undefined;
  /** The expected first bytes and the name of the format that starts with them. */
  readonly magic?: { readonly bytes: Uint8Array; readonly name: string } | undefined;
}

/** The error for data that differs from what was expected. */
class UnexpectedDataError extends SourceError {}

/**
 * Passes data through and verifies it. Holds back the last chunk until size and SHA-256 match, so that a receiver that
 * waits for `size` bytes never accepts wrong data. Also computes the SHA-512, which Glance stores.
 */
export class VerifiedStream extends Transform {
  readonly #expected: ExpectedData;
  readonly #sha256: Hash = createHash('sha256');
  readonly #sha512: Hash = createHash('sha512');
  #held: Buffer | undefined;
  #passed = 0;
  #sha512Hex: string | undefined;

  constructor(expected: ExpectedData) {
    super();
    this.#expected = expected;
  }

  /** The number of bytes received so far. */
  get passed(): number {
    return this.#passed;
  }

  /** The SHA-512 of all data in hex; undefined before the end. */
  get sha512(): string | undefined {
    return this.#sha512Hex;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const { magic, size } = this.#expected;
    if (
      this.#passed === 0 &&
      magic !== undefined &&
      !chunk.subarray(0, magic.bytes.length).equals(magic.bytes)
    ) {
      done(new UnexpectedDataError(`expected a ${magic.name} image, got other data`));
      return;
    }
    this.#passed += chunk.length;
    if (this.#passed > size) {
      done(new UnexpectedDataError(`expected ${size} bytes, got more`));
      return;
    }
    this.#sha256.update(chunk);
    this.#sha512.update(chunk);
    const before = this.#held;
    this.#held = chunk;
    done(null, before);
  }

  override _flush(done: TransformCallback): void {
    const { size, sha256 } = this.#expected;
    const got = this.#sha256.digest('hex');
    this.#sha512Hex = this.#sha512.digest('hex');
    if (this.#passed !== size) {
      done(new UnexpectedDataError(`expected ${size} bytes, got ${this.#passed}`));
    } else if (sha256 !== undefined && got !== sha256.toLowerCase()) {
      done(new UnexpectedDataError(`expected SHA-256 ${sha256}, got ${got}`));
    } else {
      done(null, this.#held);
    }
  }
}
