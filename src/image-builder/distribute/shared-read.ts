import { type Hash, createHash } from 'node:crypto';
import type { Clock } from '../../model/clock.ts';
import { CancelledError } from '../../model/errors.ts';
import { type RangedSource, openFanOut } from '../../system/streams/fan-out.ts';
import type { ReaderBuffer } from '../../system/streams/reader-buffer.ts';

const LANE_BYTES = 4 * 1024 * 1024;
const PATIENCE_MS = 2000;
const GRACE_MS = 5000;
const ATTEMPTS = 3;

/** One upload's stream of all the data. */
export interface Reader {
  readonly lane: ReaderBuffer;
  /** The hashes of the data by algorithm: once all of it was read, and where they are taken. */
  readonly hashes: () => ReadonlyMap<string, string>;
}

/** Uploads that read one source together. */
export interface SharedRead {
  /**
   * Gives a ride: together with the others when all have joined or left, or at once by itself. Who comes after the
   * departure rides by itself, too. Rejects with the signal's reason.
   */
  readonly join: (how: 'together' | 'by itself') => Promise<Reader>;
  /** Says that one of the expected will not join. */
  readonly leave: () => void;
}

interface SharedReadOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Take hashes of the common read, because the source's store has not all kinds. Who rides alone always does. */
  readonly isHashed: boolean;
}

interface Waiting {
  readonly resolve: (ride: Reader) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * A convoy for up to `expected` uploads. It departs when each has joined or left, at the latest some seconds after the
 * first joined: a cloud that is slow to answer does not hold up the others.
 */
export function openSharedRead(
  source: RangedSource,
  expected: number,
  options: SharedReadOptions,
): SharedRead {
  const waiting: Waiting[] = [];
  const grace = new AbortController();
  let missing = expected;
  let hasDeparted = false;
  const depart = (): void => {
    if (hasDeparted || waiting.length === 0) return;
    hasDeparted = true;
    grace.abort(new CancelledError('the convoy has departed'));
    startRides(source, waiting, options.isHashed ? openHashes(source) : undefined, options);
  };
  const departAfterGrace = (): void => {
    const signal = AbortSignal.any([options.signal, grace.signal]);
    options.clock.sleep(GRACE_MS, signal).then(depart, (reason: unknown) => {
      if (!hasDeparted) for (const { reject } of waiting) reject(reason);
    });
  };
  const arrive = (): void => {
    missing -= 1;
    if (missing <= 0) depart();
  };
  const join: SharedRead['join'] = (how) =>
    new Promise((resolve, reject) => {
      if (hasDeparted || how === 'by itself') {
        startRides(source, [{ resolve, reject }], openHashes(source), options);
        return;
      }
      waiting.push({ resolve, reject });
      if (waiting.length === 1) departAfterGrace();
      arrive();
    });
  return { join, leave: arrive };
}

interface Hashes {
  readonly onData: (chunk: Buffer) => void;
  readonly read: Reader['hashes'];
}

/** Takes the hashes that Glances keep, of what passes. */
function openHashes(source: RangedSource): Hashes {
  const hashes = new Map<string, Hash>(['sha512', 'sha256'].map((name) => [name, createHash(name)]));
  let passed = 0;
  return {
    onData: (chunk) => {
      passed += chunk.length;
      for (const hash of hashes.values()) hash.update(chunk);
    },
    read: () => {
      const whole = passed === source.size ? [...hashes] : [];
      return new Map(whole.map(([name, hash]) => [name, hash.copy().digest('hex')]));
    },
  };
}

function startRides(
  source: RangedSource,
  riders: readonly Waiting[],
  hashes: Hashes | undefined,
  { clock, signal }: SharedReadOptions,
): void {
  const settings = { clock, bufferBytes: LANE_BYTES, maxDelayMs: PATIENCE_MS, attempts: ATTEMPTS };
  const fanOut = openFanOut(source, riders.length, {
    ...settings,
    ...(hashes === undefined ? {} : { onData: hashes.onData }),
  });
  void fanOut.run(signal); // its failures are the lanes' failures
  const read = hashes === undefined ? () => new Map<string, string>() : hashes.read;
  fanOut.readers.forEach((lane, index) => riders[index]?.resolve({ lane, hashes: read }));
}

/** One upload's place in a convoy: it joins or leaves once; whatever it reads later it reads by itself. */
export interface ReaderSlot {
  readonly join: () => Promise<Reader>;
  readonly leave: () => void;
}

/** Takes one of the places that the convoy waits for. */
export function reserveReader(convoy: SharedRead): ReaderSlot {
  let isCounted = false;
  return {
    join: () => {
      const how = isCounted ? 'by itself' : 'together';
      isCounted = true;
      return convoy.join(how);
    },
    leave: () => {
      if (!isCounted) convoy.leave();
      isCounted = true;
    },
  };
}
