import { type Hash, createHash } from 'node:crypto';
import type { Clock } from '../../model/clock.ts';
import { CancelledError } from '../../model/errors.ts';
import { type RangedSource, openFanOut } from '../../system/streams/fan-out.ts';
import type { ReaderBuffer } from '../../system/streams/reader-buffer.ts';

/** Small: a chunk that waits through two collections gets into V8's old generation and is freed much later. */
const BUFFER_BYTES = 512 * 1024;
const MAX_DELAY_MS = 2000;
const JOIN_WINDOW_MS = 5000;
const ATTEMPTS = 3;

/** The stream of all data for one upload. */
export interface Reader {
  readonly buffer: ReaderBuffer;
  /** Returns the hashes of the data by algorithm; empty before the end of the data and when no hashes are taken. */
  readonly hashes: () => ReadonlyMap<string, string>;
}

/** One read of a source that serves several uploads. */
export interface SharedRead {
  /**
   * Resolves to a reader. A reader of the shared read starts when all expected readers have joined or left. A reader
   * that joins alone, or after the start, gets a read of its own at once. Rejects with the signal's reason.
   */
  readonly join: (mode: 'together' | 'alone') => Promise<Reader>;
  /** Reduces the number of expected readers by one. */
  readonly leave: () => void;
}

interface SharedReadOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Enables hashes of the shared read, for a store that does not keep every kind. A read alone always has hashes. */
  readonly isHashed: boolean;
}

interface PendingReader {
  readonly resolve: (reader: Reader) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Opens a read for up to `expected` readers. It starts when each of them has joined or left, and at the latest
 * JOIN_WINDOW_MS after the first joined: a cloud that answers slowly must not delay the others.
 */
export function openSharedRead(
  source: RangedSource,
  expected: number,
  options: SharedReadOptions,
): SharedRead {
  const pending: PendingReader[] = [];
  const joinWindow = new AbortController();
  let missing = expected;
  let hasStarted = false;
  const start = (): void => {
    if (hasStarted || pending.length === 0) return;
    hasStarted = true;
    joinWindow.abort(new CancelledError('the shared read has started'));
    startReaders(source, pending, options.isHashed ? openHashes(source) : undefined, options);
  };
  const startAfterJoinWindow = (): void => {
    const signal = AbortSignal.any([options.signal, joinWindow.signal]);
    options.clock.sleep(JOIN_WINDOW_MS, signal).then(start, (reason: unknown) => {
      if (!hasStarted) for (const { reject } of pending) reject(reason);
    });
  };
  const countDown = (): void => {
    missing -= 1;
    if (missing <= 0) start();
  };
  const join: SharedRead['join'] = (mode) =>
    new Promise((resolve, reject) => {
      if (hasStarted || mode === 'alone') {
        startReaders(source, [{ resolve, reject }], openHashes(source), options);
        return;
      }
      pending.push({ resolve, reject });
      if (pending.length === 1) startAfterJoinWindow();
      countDown();
    });
  return { join, leave: countDown };
}

interface Hashes {
  readonly onData: (chunk: Buffer) => void;
  readonly read: Reader['hashes'];
}

/** Computes the kinds of hashes that Glance stores keep. */
function openHashes(source: RangedSource): Hashes {
  const hashes = new Map<string, Hash>(['sha512', 'sha256'].map((name) => [name, createHash(name)]));
  let hashedBytes = 0;
  return {
    onData: (chunk) => {
      hashedBytes += chunk.length;
      for (const hash of hashes.values()) hash.update(chunk);
    },
    read: () => {
      const complete = hashedBytes === source.size ? [...hashes] : [];
      return new Map(complete.map(([name, hash]) => [name, hash.copy().digest('hex')]));
    },
  };
}

function startReaders(
  source: RangedSource,
  pending: readonly PendingReader[],
  hashes: Hashes | undefined,
  { clock, signal }: SharedReadOptions,
): void {
  const settings = { clock, bufferBytes: BUFFER_BYTES, maxDelayMs: MAX_DELAY_MS, attempts: ATTEMPTS };
  const fanOut = openFanOut(source, pending.length, {
    ...settings,
    ...(hashes === undefined ? {} : { onData: hashes.onData }),
  });
  void fanOut.run(signal); // a failure reaches the readers through their buffers
  const read = hashes === undefined ? () => new Map<string, string>() : hashes.read;
  fanOut.readers.forEach((buffer, index) => pending[index]?.resolve({ buffer, hashes: read }));
}

/** One upload's place in a shared read. It is used once, by a join or a leave; every later join reads alone. */
export interface ReaderSlot {
  readonly join: () => Promise<Reader>;
  readonly leave: () => void;
}

/** Reserves the place of one expected reader. */
export function reserveReader(sharedRead: SharedRead): ReaderSlot {
  let isUsed = false;
  return {
    join: () => {
      const mode = isUsed ? 'alone' : 'together';
      isUsed = true;
      return sharedRead.join(mode);
    },
    leave: () => {
      if (!isUsed) sharedRead.leave();
      isUsed = true;
    },
  };
}
