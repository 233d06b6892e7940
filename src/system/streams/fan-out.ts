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
  /** The total time for which one full buffer may delay the other readers, in addition to TOLERANCE. */
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
 * thus delays nobody else, and memory stays at `readers` × `laneBytes`.
 */
export function openFanOut(source: RangedSource, readers: number, options: FanOutOptions): FanOut {
  const lanes = Array.from({ length: readers }, () => new ReaderBuffer(options.bufferBytes));
  const run = async (signal: AbortSignal): Promise<void> => {
    const separateReads: Promise<void>[] = [];
    const detach = (lane: ReaderBuffer): void => {
      const separate = { source, options: { ...options, onData: undefined }, signal };
      separateReads.push(pump(separate, [lane], () => undefined));
    };
    await pump({ source, options, signal }, lanes, detach);
    await Promise.all(separateReads);
  };
  return { readers: lanes, run };
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
  lanes: readonly ReaderBuffer[],
  detach: (lane: ReaderBuffer) => void,
): Promise<void> {
  const { source, options } = read;
  const sharing = new Set(lanes);
  const shared: SharedRead = { lanes: sharing, delays: new Map(), startedAt: options.clock.now(), detach };
  try {
    await readAll(read, lanes[0]?.received ?? 0, async (chunk) => {
      options.onData?.(chunk);
      for (const lane of sharing) lane.append(chunk);
      for (const lane of sharing) if (lane.destroyed) sharing.delete(lane);
      await waitForRoom(shared, options);
      return sharing.size > 0;
    });
    for (const lane of sharing) lane.end();
  } catch (error) {
    for (const lane of sharing) lane.destroy(toSourceError(error, source));
  }
}

function toSourceError(error: unknown, { explain }: RangedSource): Error {
  if (error instanceof ProductError || error instanceof SourceError) return error;
  return explain?.(error) ?? new SourceError(`the source broke off: ${String(error)}`, { cause: error });
}

/** One read of the source and the readers that share it. */
interface SharedRead {
  readonly lanes: Set<ReaderBuffer>;
  readonly delays: Map<ReaderBuffer, number>;
  readonly startedAt: number;
  readonly detach: (lane: ReaderBuffer) => void;
}

/** Waits until all buffers have room. Detaches readers that have delayed the others for too long. */
async function waitForRoom(shared: SharedRead, options: PumpOptions): Promise<void> {
  const sharing = [...shared.lanes];
  const full = sharing.filter((lane) => !lane.hasRoom);
  if (full.length === 0) return;
  await Promise.race(sharing.map((lane) => lane.waitForRoom()));
  const since = options.clock.now();
  const slow = full.filter((lane) => !lane.hasRoom);
  await Promise.all(slow.map((lane) => waitOrDetach(lane, since, shared, options)));
}

async function waitOrDetach(
  lane: ReaderBuffer,
  since: number,
  shared: SharedRead,
  options: PumpOptions,
): Promise<void> {
  const { clock, maxDelayMs: patienceMs } = options;
  const before = shared.delays.get(lane) ?? 0;
  const left = patienceMs + TOLERANCE * (since - shared.startedAt) - before;
  const waitEnded = new AbortController();
  const timeout = clock.sleep(Math.max(0, left), waitEnded.signal).catch(() => undefined);
  await Promise.race([lane.waitForRoom(), timeout]);
  waitEnded.abort(new Error('the wait has ended'));
  shared.delays.set(lane, before + clock.now() - since);
  if (lane.hasRoom) return;
  shared.lanes.delete(lane);
  shared.detach(lane);
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
