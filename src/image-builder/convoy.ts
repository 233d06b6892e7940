import { type Hash, createHash } from 'node:crypto';
import type { Clock } from '../model/clock.ts';
import { CancelledError } from '../model/errors.ts';
import type { Lane } from '../system/lane.ts';
import { type FanOut, type RangedSource, openFanOut } from '../system/fan-out.ts';

const LANE_BYTES = 4 * 1024 * 1024;
const PATIENCE_MS = 2000;
const GRACE_MS = 5000;
const ATTEMPTS = 3;

/** Uploads that read one source together. */
export interface Convoy {
  /**
   * Gives a stream of all the data: together with the others when all have joined or left, or at once by itself. Who
   * comes after the departure reads by itself, too. Rejects with the signal's reason.
   */
  readonly join: (how: 'together' | 'by itself') => Promise<Lane>;
  /** Says that one of the expected will not join. */
  readonly leave: () => void;
  /** The hashes of what was read, by algorithm, once it was read to its end and where they are taken. */
  readonly hashes: () => ReadonlyMap<string, string>;
}

interface Waiting {
  readonly resolve: (lane: Lane) => void;
  readonly reject: (reason: unknown) => void;
}

interface ConvoyOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Take hashes of the data, because the source's store keeps none. */
  readonly isHashed: boolean;
}

/**
 * A convoy for up to `expected` uploads. It departs when each has joined or left, at the latest some seconds after the
 * first joined: a cloud that is slow to answer does not hold up the others.
 */
export function openConvoy(source: RangedSource, expected: number, options: ConvoyOptions): Convoy {
  const hashes = new Map<string, Hash>(
    options.isHashed ? ['sha512', 'sha256'].map((name) => [name, createHash(name)]) : [],
  );
  const waiting: Waiting[] = [];
  let missing = expected;
  let hasDeparted = false;
  let read = 0;
  const onData = (chunk: Buffer): void => {
    read += chunk.length;
    for (const hash of hashes.values()) hash.update(chunk);
  };
  const open = (readers: number, more: { onData?: (chunk: Buffer) => void }): FanOut => {
    const { clock } = options;
    const settings = { clock, laneBytes: LANE_BYTES, patienceMs: PATIENCE_MS, attempts: ATTEMPTS };
    return openFanOut(source, readers, { ...settings, ...more });
  };
  const grace = new AbortController();
  const depart = (): void => {
    if (hasDeparted || waiting.length === 0) return;
    hasDeparted = true;
    grace.abort(new CancelledError('the convoy has departed'));
    start(open(waiting.length, hashes.size > 0 ? { onData } : {}), waiting, options.signal);
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
  return {
    join: (how) =>
      new Promise((resolve, reject) => {
        if (hasDeparted || how === 'by itself') {
          start(open(1, {}), [{ resolve, reject }], options.signal);
          return;
        }
        waiting.push({ resolve, reject });
        if (waiting.length === 1) departAfterGrace();
        arrive();
      }),
    leave: arrive,
    hashes: () => {
      const isWhole = read === source.size;
      return new Map(isWhole ? [...hashes].map(([name, hash]) => [name, hash.copy().digest('hex')]) : []);
    },
  };
}

function start(fanOut: FanOut, takers: readonly Waiting[], signal: AbortSignal): void {
  void fanOut.run(signal); // its failures are the lanes' failures
  fanOut.lanes.forEach((lane, index) => takers[index]?.resolve(lane));
}
