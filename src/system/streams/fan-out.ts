import type { Readable } from 'node:stream';
import type { Clock } from '../../model/clock.ts';
import { ProductError } from '../../model/errors.ts';
import { ReaderBuffer } from './reader-buffer.ts';
import { SourceError } from './source-error.ts';

/** A source that can be opened at any offset, any number of times. */
export interface RangedSource {
  /** In bytes. */
  readonly size: number;
  readonly open: (offset: number, signal: AbortSignal) => Promise<Readable>;
  /** Creates the error for data that broke off and could not be resumed. Default: a SourceError. */
  readonly explain?: (cause: unknown) => Error;
}

/** The settings of a fan-out. */
export interface FanOutOptions {
  readonly clock: Clock;
  /** The size of each reader's buffer in bytes. The fan-out uses no other memory for data. */
  readonly bufferBytes: number;
  /**
   * The time that another reader may wait for one with a full buffer, in addition to TOLERANCE and to the time that this one
   * has waited itself. Readers of the same speed wait for each other in turn, and should share one read.
   */
  readonly maxDelayMs: number;
  /** The number of consecutive attempts to open the source without receiving a byte. */
  readonly attempts: number;
  /** Receives all data once, in order. */
  readonly onData?: (chunk: Buffer) => void;
}

/** The share of the elapsed time for which a slow reader may delay the others: a second read has its cost, too. */
const TOLERANCE = 0.05;

/** A single read of a source for many readers. */
export interface FanOut {
  /** One stream of all data for each reader. A destroyed stream delays nobody. */
  readonly readers: readonly ReaderBuffer[];
  /** Reads until every stream has all data or is destroyed. When the source fails for good, destroys all streams. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Prepares to read `source` once for `readers` readers. Readers that keep up share one read. A reader whose buffer stays
 * full while others could continue is detached and reads the rest on its own, from its current offset. A slow link
 * thus delays nobody else, and memory stays at `readers` × `bufferBytes`.
 */
export function openFanOut(source: RangedSource, readers: number, options: FanOutOptions): FanOut {
  const buffers = Array.from({ length: readers }, () => new ReaderBuffer(options.bufferBytes));
  const run = async (signal: AbortSignal): Promise<void> => {
    const separateReads: Promise<void>[] = [];
    const detach = (reader: ReaderBuffer): void => {
      const separate = { source, options: { ...options, onData: undefined }, signal };
      separateReads.push(pump(separate, [reader], () => undefined));
    };
    await pump({ source, options, signal }, buffers, detach);
    await Promise.all(separateReads);
  };
  return { readers: buffers, run };
}

type PumpOptions = Omit<FanOutOptions, 'onData'> & { readonly onData?: FanOutOptions['onData'] | undefined };

/** One read of a source. */
interface Read {
  readonly source: RangedSource;
  readonly options: PumpOptions;
  readonly signal: AbortSignal;
}

async function pump(
  read: Read,
  readers: readonly ReaderBuffer[],
  detach: (reader: ReaderBuffer) => void,
): Promise<void> {
  const { source, options } = read;
  const sharing = new Set(readers);
  const shared: SharedRead = { readers: sharing, waits: new Map(), startedAt: options.clock.now(), detach };
  try {
    await readAll(read, readers[0]?.received ?? 0, async (chunk) => {
      options.onData?.(chunk);
      for (const reader of sharing) reader.append(chunk);
      for (const reader of sharing) if (reader.destroyed) sharing.delete(reader);
      await waitForRoom(shared, options);
      return sharing.size > 0;
    });
    for (const reader of sharing) reader.end();
  } catch (error) {
    for (const reader of sharing) reader.destroy(toSourceError(error, source));
  }
}

function toSourceError(error: unknown, { explain }: RangedSource): Error {
  if (error instanceof ProductError) return error;
  return explain?.(error) ?? new SourceError(`the source broke off: ${String(error)}`, { cause: error });
}

/** One read of the source and the readers that share it. */
interface SharedRead {
  readonly readers: Set<ReaderBuffer>;
  /** By reader: the time for which it had room and others did not. */
  readonly waits: Map<ReaderBuffer, number>;
  readonly startedAt: number;
  readonly detach: (reader: ReaderBuffer) => void;
}

/** Waits until all buffers have room. Detaches readers that have delayed the others for too long. */
async function waitForRoom(shared: SharedRead, options: PumpOptions): Promise<void> {
  const sharing = [...shared.readers];
  const full = sharing.filter((reader) => !reader.hasRoom);
  if (full.length === 0) return;
  await Promise.race(sharing.map((reader) => reader.waitForRoom()));
  const since = options.clock.now();
  const slow = full.filter((reader) => !reader.hasRoom);
  await Promise.all(slow.map((reader) => waitOrDetach(reader, since, shared, options)));
  const waited = options.clock.now() - since;
  for (const reader of sharing) shared.waits.set(reader, (shared.waits.get(reader) ?? 0) + waited);
}

async function waitOrDetach(
  reader: ReaderBuffer,
  since: number,
  shared: SharedRead,
  options: PumpOptions,
): Promise<void> {
  const { clock, maxDelayMs: patienceMs } = options;
  const own = shared.waits.get(reader) ?? 0;
  const longest = Math.max(...[...shared.readers].map((each) => shared.waits.get(each) ?? 0));
  const left = patienceMs + TOLERANCE * (since - shared.startedAt) - (longest - own);
  const waitEnded = new AbortController();
  const timeout = clock.sleep(Math.max(0, left), waitEnded.signal).catch(() => undefined);
  await Promise.race([reader.waitForRoom(), timeout]);
  waitEnded.abort(new Error('the wait has ended'));
  shared.waits.set(reader, own - (clock.now() - since)); // the caller adds the time until the last reader has room
  if (reader.hasRoom) return;
  shared.readers.delete(reader);
  shared.detach(reader);
}

/** Reads from `offset` to the end and resumes after a failure. `consume` returns false when no reader is left. */
async function readAll(
  { source, options, signal }: Read,
  offset: number,
  consume: (chunk: Buffer) => Promise<boolean>,
): Promise<void> {
  let position = offset;
  for (let failures = 0; position < source.size;) {
    const start = position;
    try {
      for await (const chunk of await source.open(position, signal)) {
        position += (chunk as Buffer).length;
        if (!(await consume(chunk as Buffer))) return;
      }
      if (position < source.size)
        throw new Error(`the source ended after ${position} of ${source.size} bytes`);
    } catch (error) {
      failures = position > start ? 1 : failures + 1;
      if (signal.aborted || failures >= options.attempts) throw error;
      await options.clock.sleep(500 * 2 ** failures, signal);
    }
  }
}
