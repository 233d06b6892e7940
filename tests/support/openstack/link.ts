import { setTimeout as sleep } from 'node:timers/promises';

/** What a connection does to the bytes that go over it. */
export interface LinkLimits {
  /** In real seconds. */
  readonly bytesPerSecond?: number | undefined;
  /** It breaks after so many bytes. */
  readonly cutAfter?: number | undefined;
}

/** Thrown when a link broke on purpose. */
export class CutError extends Error {}

const PIECE = 16 * 1024;

/** The bytes of `source`, no faster than the link, until it breaks. */
export async function* overLink(
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
      if (isCut) throw new CutError('cut');
      passed += piece.length;
    }
  }
}
