import type { Readable } from 'node:stream';
import type { Clock } from '../../model/clock.ts';
import type { RangedSource } from './fan-out.ts';

/** A source that has been opened once already. */
export interface PeekedSource extends RangedSource {
  /** The first chunk of the data; empty for an empty source. */
  readonly head: Buffer;
  /** Closes the open stream if nothing has read it. */
  readonly close: () => void;
}

/**
 * Opens `source` and looks at its first chunk. The first read from the beginning continues with the same stream, so the
 * source is not opened a second time. Retries a failed attempt; throws the last error.
 */
export async function peekSource(
  source: RangedSource,
  limits: { readonly clock: Clock; readonly signal: AbortSignal; readonly attempts: number },
): Promise<PeekedSource> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openPeeked(source, limits.signal);
    } catch (error) {
      if (attempt >= limits.attempts || limits.signal.aborted) throw error;
      await limits.clock.sleep(500 * 2 ** attempt, limits.signal);
    }
  }
}

async function openPeeked(source: RangedSource, signal: AbortSignal): Promise<PeekedSource> {
  const stream = await source.open(0, signal);
  const head = await readFirstChunk(stream);
  let isTaken = false;
  return {
    ...source,
    head,
    open: (offset, readSignal) => {
      if (isTaken || offset > 0 || stream.destroyed) return source.open(offset, readSignal);
      isTaken = true;
      return Promise.resolve(stream);
    },
    close: () => {
      if (!isTaken) stream.destroy();
    },
  };
}

/** Returns the first chunk and leaves it in the stream. */
function readFirstChunk(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      stream.off('error', onError).off('end', onEnd).off('readable', onReadable);
      stream.on('error', () => undefined); // the stream may break off before it is read further
    };
    const onError = (error: Error): void => (stop(), reject(error));
    const onEnd = (): void => (stop(), resolve(Buffer.alloc(0)));
    const onReadable = (): void => {
      const chunk = stream.read() as Buffer | null;
      if (chunk === null) return;
      stop();
      stream.unshift(chunk); // at once, because the stream may be at its end
      resolve(chunk);
    };
    stream.on('error', onError).on('end', onEnd).on('readable', onReadable);
  });
}
