import { setTimeout as sleep } from 'node:timers/promises';

/** The limits of an emulated network link. */
export interface LinkLimits {
  /** The rate in bytes per real second. */
  readonly bytesPerSecond?: number | undefined;
  /** The number of bytes after which the link breaks. */
  readonly cutAfter?: number | undefined;
}

/** Thrown when a link reaches `cutAfter`. */
export class LinkCutError extends Error {}

const PIECE = 16 * 1024;

/** Yields the bytes of `source` at the rate of the link, until the link breaks. */
export async function* throughLink(
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
  { bytesPerSecond, cutAfter = Infinity }: LinkLimits,
): AsyncGenerator<Buffer> {
  let passed = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += PIECE) {
      const piece = chunk.subarray(at, Math.min(at + PIECE, chunk.length));
      const isCut = passed + piece.length > cutAfter;
      if (bytesPerSecond !== undefined) await sleep((piece.length / bytesPerSecond) * 1000);
      yield isCut ? piece.subarray(0, cutAfter - passed) : piece;
      if (isCut) throw new LinkCutError('cut');
      passed += piece.length;
    }
  }
}
