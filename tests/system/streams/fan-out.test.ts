import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { Clock } from '../../../src/model/clock.ts';
import { type FanOutOptions, type RangedSource, openFanOut } from '../../../src/system/streams/fan-out.ts';

const CHUNK = 1000;
const SIZE = 200 * CHUNK;
const DATA = Buffer.from(Array.from({ length: SIZE }, (_, index) => (index * 7 + (index >> 8)) & 0xff));

/** A clock on which every sleep ends after 50 turns of the event loop. */
function instantClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (milliseconds, signal) => {
      for (let turns = 0; turns < 50; turns++) {
        if (signal?.aborted === true) throw signal.reason as Error;
        await turn();
      }
      now += milliseconds;
    },
  };
}

/** A clock on which a turn of the event loop takes a millisecond while somebody sleeps. */
function turnClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (milliseconds, signal) => {
      for (const end = now + milliseconds; now < end; now += 1) {
        if (signal?.aborted === true) throw signal.reason as Error;
        await turn();
      }
    },
  };
}

/** A source of DATA that records the opened offsets and fails once at each offset in `breakAt`. */
function makeSource(breakAt: number[] = []) {
  const opened: number[] = [];
  const source: RangedSource = {
    size: SIZE,
    open: (offset) => {
      opened.push(offset);
      return Promise.resolve(Readable.from(read(offset)));
    },
  };
  function* read(offset: number) {
    for (let at = offset; at < SIZE; at += CHUNK) {
      const broken = breakAt.findIndex((where) => at >= where);
      if (broken >= 0) {
        breakAt.splice(broken, 1);
        throw new Error('cut');
      }
      yield DATA.subarray(at, Math.min(at + CHUNK, SIZE));
    }
  }
  return { source, opened };
}

const options = (more: Partial<FanOutOptions> = {}): FanOutOptions => ({
  clock: instantClock(),
  bufferBytes: 4 * CHUNK,
  maxDelayMs: 100,
  attempts: 3,
  ...more,
});

const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

async function readAll(reader: Readable, betweenChunks: () => Promise<unknown> = () => Promise.resolve()) {
  const hash = createHash('sha256');
  for await (const chunk of reader) {
    hash.update(chunk as Buffer);
    await betweenChunks();
  }
  return hash.digest('hex');
}

const never = new AbortController().signal;

describe('a fan-out', () => {
  test.each([1, 2, 5])(
    'a fan-out to %i readers gives each of them all data and reads the source once',
    async (readers) => {
      const { source, opened } = makeSource();
      const fanOut = openFanOut(source, readers, options());
      const done = fanOut.run(never);
      const digests = await Promise.all(fanOut.readers.map((reader) => readAll(reader)));
      await done;
      expect(digests).toEqual(Array.from({ length: readers }, () => digest(DATA)));
      expect(opened).toEqual([0]);
    },
  );

  test('a fan-out holds no more data than its buffers allow', async () => {
    const { source } = makeSource();
    const fanOut = openFanOut(source, 2, options());
    const done = fanOut.run(never);
    let most = 0;
    const watch = () => {
      most = Math.max(most, ...fanOut.readers.map((reader) => reader.readableLength));
      return turn();
    };
    await Promise.all(fanOut.readers.map((reader) => readAll(reader, watch)));
    await done;
    expect(most).toBeLessThanOrEqual(5 * CHUNK);
  });

  test('a slow reader continues with its own read from its current offset, and the others finish before it', async () => {
    const { source, opened } = makeSource();
    const fanOut = openFanOut(source, 3, options());
    const done = fanOut.run(never);
    const [slow, ...quick] = fanOut.readers;
    const ended: string[] = [];
    const slowly = async () => {
      for (let turns = 0; turns < 300; turns++) await turn();
    };
    const reads = [
      ...quick.map((reader) => readAll(reader).then((read) => ended.push('quick') && read)),
      readAll(slow ?? Readable.from([]), slowly).then((read) => ended.push('slow') && read),
    ];
    expect(await Promise.all(reads)).toEqual([digest(DATA), digest(DATA), digest(DATA)]);
    await done;
    expect(ended).toEqual(['quick', 'quick', 'slow']);
    expect(opened).toHaveLength(2);
    expect(opened[1]).toBeGreaterThan(0);
  });

  /** Reads with 2 or 3 readers, of which the first ones are slow in turn. Returns the opened offsets and who ended. */
  async function readInTurn(readers: number, slowOnes: number) {
    const { source, opened } = makeSource();
    const fanOut = openFanOut(source, readers, options({ clock: turnClock(), bufferBytes: CHUNK }));
    const done = fanOut.run(never);
    const ended: number[] = [];
    const read = async (reader: Readable, index: number) => {
      let chunks = 0;
      await readAll(reader, async () => {
        const isSlow = Math.floor(chunks++ / 5) % slowOnes === index;
        for (let turns = 0; isSlow && turns < 10; turns++) await turn();
      });
      ended.push(index);
    };
    await Promise.all(fanOut.readers.map(read));
    await done;
    return { opened, ended };
  }

  test.each([2, 3])('%i readers that are slow in turn share one read', async (readers) => {
    expect((await readInTurn(readers, readers)).opened).toEqual([0]);
  });

  test('a reader that is never slow does not wait for two that are slow in turn', async () => {
    const { opened, ended } = await readInTurn(3, 2);
    expect(opened.length).toBeGreaterThan(1);
    expect(ended[0]).toBe(2);
  });

  test('a fan-out resumes a broken source at the offset of the break', async () => {
    const { source, opened } = makeSource([50 * CHUNK, 120 * CHUNK]);
    const fanOut = openFanOut(source, 2, options());
    const done = fanOut.run(never);
    const digests = await Promise.all(fanOut.readers.map((reader) => readAll(reader)));
    await done;
    expect(digests).toEqual([digest(DATA), digest(DATA)]);
    expect(opened).toEqual([0, 50 * CHUNK, 120 * CHUNK]);
  });

  test('all readers fail when the source breaks at the same offset on every attempt', async () => {
    const { source, opened } = makeSource([0, 0, 0, 0, 0]);
    const fanOut = openFanOut(source, 2, options());
    const done = fanOut.run(never);
    const ends = await Promise.allSettled(fanOut.readers.map((reader) => readAll(reader)));
    await done;
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(opened).toEqual([0, 0, 0]);
  });

  test('a reader that gave up delays nobody, and the read stops when all readers have given up', async () => {
    const { source } = makeSource();
    const fanOut = openFanOut(source, 2, options());
    const done = fanOut.run(never);
    const [first, second] = fanOut.readers;
    first?.destroy();
    expect(await readAll(second ?? Readable.from([]))).toBe(digest(DATA));
    await done;
    const abandoned = makeSource();
    const other = openFanOut(abandoned.source, 1, options());
    other.readers[0]?.destroy();
    await other.run(never);
    expect(abandoned.opened).toHaveLength(1);
  });

  test('onData receives all data once, in order', async () => {
    const { source } = makeSource([70 * CHUNK]);
    const seen = createHash('sha256');
    const fanOut = openFanOut(source, 3, options({ onData: (chunk) => seen.update(chunk) }));
    const done = fanOut.run(never);
    await Promise.all(fanOut.readers.map((reader) => readAll(reader)));
    await done;
    expect(seen.digest('hex')).toBe(digest(DATA));
  });
});
