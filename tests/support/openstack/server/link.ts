import { setTimeout as sleep } from 'node:timers/promises';

/** A network link with a limited rate that all its transfers share. */
export interface Link {
  /** Resolves when another `bytes` have passed. */
  pass(bytes: number): Promise<void>;
}

const BURST_MS = 20;

/** Opens a link. It may be ahead of its rate by up to 20 ms, because timers are not precise enough for less. */
export function openLink(bytesPerSecond: number): Link {
  let freeAt = performance.now();
  return {
    pass: async (bytes) => {
      freeAt = Math.max(performance.now(), freeAt) + (bytes / bytesPerSecond) * 1000;
      const ahead = freeAt - performance.now();
      if (ahead > BURST_MS) await sleep(ahead - BURST_MS / 2);
    },
  };
}

/** The conditions of one transfer. By default all bytes pass at once and unchanged. */
export interface Transfer {
  readonly link?: Link | undefined;
  /** The number of bytes after which the connection breaks. */
  readonly cutAfter?: number | undefined;
  /** The number of bytes after which nothing passes until the promise resolves; then the connection breaks. */
  readonly stall?: { readonly after: number; readonly until: Promise<unknown> } | undefined;
  /** True when the first byte arrives changed. */
  readonly isDamaged?: boolean | undefined;
  /** Delays the end of the transfer, after all bytes have passed. */
  readonly endsAfter?: Promise<unknown> | undefined;
  readonly onPassed?: ((bytes: number) => void) | undefined;
}

/** Thrown when a connection breaks. */
export class LinkCutError extends Error {}

const PIECE = 64 * 1024;

/** Yields the bytes of `source` under the conditions of the transfer, until the connection breaks. */
export async function* throughLink(
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
  { link, cutAfter = Infinity, stall, isDamaged = false, endsAfter, onPassed }: Transfer,
): AsyncGenerator<Buffer> {
  const limit = Math.min(cutAfter, stall?.after ?? Infinity);
  let passed = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += PIECE) {
      const piece = chunk.subarray(at, Math.min(at + PIECE, chunk.length, at + limit - passed));
      await link?.pass(piece.length);
      yield isDamaged && passed === 0 ? damage(piece) : piece;
      passed += piece.length;
      onPassed?.(piece.length);
      if (passed < limit) continue;
      if (limit !== cutAfter) await stall?.until;
      throw new LinkCutError('cut');
    }
  }
  await endsAfter;
}

function damage(piece: Buffer): Buffer {
  const changed = Buffer.from(piece);
  changed.writeUInt8(changed.readUInt8(0) ^ 0xff, 0);
  return changed;
}
