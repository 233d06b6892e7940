import type { Readable } from 'node:stream';
import type { Clock } from '../model/clock.ts';
import { ProductError } from '../model/errors.ts';
import { Lane } from './lane.ts';
import { SourceError } from './source-error.ts';

/** Something that can be read from any offset on, as often as need be. */
export interface RangedSource {
  /** In bytes. */
  readonly size: number;
  readonly open: (offset: number, signal: AbortSignal) => Promise<Readable>;
  /** The error for data that broke off beyond repair; a SourceError when absent. */
  readonly explain?: (cause: unknown) => Error;
}

/** How a fan-out behaves. */
export interface FanOutOptions {
  readonly clock: Clock;
  /** What each lane may hold, in bytes: all the memory there is to it. */
  readonly laneBytes: number;
  /** How long, in all, one full lane may hold up the others before it goes on by itself; see TOLERANCE, too. */
  readonly patienceMs: number;
  /** How often reading is begun again after it broke, without a byte in between. */
  readonly attempts: number;
  /** Sees all the data once, in order. */
  readonly onData?: (chunk: Buffer) => void;
}

/** A lane may besides hold up the others for this part of the time: another read of the source is not free either. */
const TOLERANCE = 0.05;

/** Reads a source once for many readers. */
export interface FanOut {
  /** Streams of all the data, one for each reader. One that is destroyed holds up nobody. */
  readonly lanes: readonly Lane[];
  /** Reads until every lane has all, or is destroyed. What breaks the source beyond repair breaks the lanes. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Prepares to read `source` once for `readers` readers. As long as they keep pace they share one read; a lane that
 * stays full while others could go on is let go, and reads the rest by itself from where it stands: a slow link slows
 * nobody else, and memory stays at `readers` × `laneBytes`.
 */
export function openFanOut(source: RangedSource, readers: number, options: FanOutOptions): FanOut {
  const lanes = Array.from({ length: readers }, () => new Lane(options.laneBytes));
  const run = async (signal: AbortSignal): Promise<void> => {
    const alone: Promise<void>[] = [];
    const release = (lane: Lane): void => {
      const settings = { ...options, onData: undefined };
      alone.push(pump({ source, options: settings, signal }, [lane], () => undefined));
    };
    await pump({ source, options, signal }, lanes, release);
    await Promise.all(alone);
  };
  return { lanes, run };
}

type PumpOptions = Omit<FanOutOptions, 'onData'> & { readonly onData?: FanOutOptions['onData'] | undefined };

/** One read of a source. */
interface Read {
  readonly source: RangedSource;
  readonly options: PumpOptions;
  readonly signal: AbortSignal;
}

async function pump(read: Read, lanes: readonly Lane[], release: (lane: Lane) => void): Promise<void> {
  const { source, options } = read;
  const together = new Set(lanes);
  const crew: Crew = { together, held: new Map(), begun: options.clock.now(), release };
  try {
    await readAll(read, lanes[0]?.fed ?? 0, async (chunk) => {
      options.onData?.(chunk);
      for (const lane of together) lane.feed(chunk);
      for (const lane of together) if (lane.destroyed) together.delete(lane);
      await makeRoom(crew, options);
      return together.size > 0;
    });
    for (const lane of together) lane.end();
  } catch (error) {
    for (const lane of together) lane.destroy(asSourceFault(error, source));
  }
}

function asSourceFault(error: unknown, { explain }: RangedSource): Error {
  if (error instanceof ProductError || error instanceof SourceError) return error;
  return explain?.(error) ?? new SourceError(`the source broke off: ${String(error)}`, { cause: error });
}

/** The lanes that share one read, and for how long each has held up the others. */
interface Crew {
  readonly together: Set<Lane>;
  readonly held: Map<Lane, number>;
  readonly begun: number;
  readonly release: (lane: Lane) => void;
}

/** Waits until all lanes have room; those that have held up the others for too long are let go. */
async function makeRoom(crew: Crew, options: PumpOptions): Promise<void> {
  const { together } = crew;
  const full = [...together].filter((lane) => !lane.hasRoom);
  if (full.length === 0) return;
  await Promise.race([...together].map((lane) => lane.waitForRoom()));
  const since = options.clock.now();
  const slow = full.filter((lane) => !lane.hasRoom);
  await Promise.all(slow.map((lane) => waitOrRelease(lane, since, crew, options)));
}

async function waitOrRelease(lane: Lane, since: number, crew: Crew, options: PumpOptions): Promise<void> {
  const { clock, patienceMs } = options;
  const before = crew.held.get(lane) ?? 0;
  const left = patienceMs + TOLERANCE * (since - crew.begun) - before;
  const enough = new AbortController();
  const patience = clock.sleep(Math.max(0, left), enough.signal).catch(() => undefined);
  await Promise.race([lane.waitForRoom(), patience]);
  enough.abort(new Error('there is room'));
  crew.held.set(lane, before + clock.now() - since);
  if (lane.hasRoom) return;
  crew.together.delete(lane);
  crew.release(lane);
}

/** Reads from `offset` to the end, beginning again where it broke. `take` says whether anybody still wants more. */
async function readAll(
  { source, options, signal }: Read,
  offset: number,
  take: (chunk: Buffer) => Promise<boolean>,
): Promise<void> {
  let at = offset;
  for (let failures = 0; at < source.size;) {
    const begun = at;
    try {
      for await (const chunk of await source.open(at, signal)) {
        at += (chunk as Buffer).length;
        if (!(await take(chunk as Buffer))) return;
      }
      if (at < source.size) throw new Error(`the source ended after ${at} of ${source.size} bytes`);
    } catch (error) {
      failures = at > begun ? 1 : failures + 1;
      if (signal.aborted || failures >= options.attempts) throw error;
      await options.clock.sleep(500 * 2 ** failures, signal);
    }
  }
}
