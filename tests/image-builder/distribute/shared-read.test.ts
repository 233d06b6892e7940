import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { type SharedRead, openSharedRead } from '../../../src/image-builder/distribute/shared-read.ts';
import { CancelledError } from '../../../src/model/errors.ts';
import type { RangedSource } from '../../../src/system/streams/fan-out.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const GRACE_MS = 5000;
const DATA = Buffer.alloc(300_000, 5);
const hashOf = (algorithm: string) => createHash(algorithm).update(DATA).digest('hex');

function* chunksFrom(offset: number): Generator<Buffer> {
  for (let at = offset; at < DATA.length; at += 30_000) yield DATA.subarray(at, at + 30_000);
}

/** A convoy of `expected`, and where its source was opened. */
function makeConvoy(expected: number, { isHashed = false, bytes = DATA.length } = {}) {
  const opened: number[] = [];
  const clock = new ManualClock();
  const stop = new AbortController();
  const source: RangedSource = {
    size: bytes,
    open: (offset) => {
      opened.push(offset);
      return Promise.resolve(Readable.from(chunksFrom(offset)));
    },
  };
  const convoy = openSharedRead(source, expected, { clock, signal: stop.signal, isHashed });
  return { convoy, opened, clock, stop };
}

async function readAll(lane: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of lane) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const joinAndRead = async (
  convoy: SharedRead,
  how: 'together' | 'by itself' = 'together',
): Promise<boolean> => (await readAll((await convoy.join(how)).lane)).equals(DATA);

async function turns(): Promise<void> {
  for (let count = 0; count < 30; count++) await turn();
}

describe('a convoy', () => {
  test('departs when all have joined, and reads once', async () => {
    const { convoy, opened, clock } = makeConvoy(3);
    const first = [joinAndRead(convoy), joinAndRead(convoy)];
    await turns();
    expect(opened).toEqual([]);
    expect(await Promise.all([...first, joinAndRead(convoy)])).toEqual([true, true, true]);
    expect([opened, clock.sleeping]).toEqual([[0], 0]);
  });

  test('departs when those that have not joined have left', async () => {
    const { convoy, opened } = makeConvoy(3);
    convoy.leave();
    const both = [joinAndRead(convoy), joinAndRead(convoy)];
    expect(await Promise.all(both)).toEqual([true, true]);
    const other = makeConvoy(2);
    const one = joinAndRead(other.convoy);
    await turns();
    other.convoy.leave();
    expect(await one).toBe(true);
    expect([opened, other.opened]).toEqual([[0], [0]]);
  });

  test('reads nothing when all have left', async () => {
    const { convoy, opened, clock } = makeConvoy(2);
    convoy.leave();
    convoy.leave();
    await turns();
    expect([opened, clock.sleeping]).toEqual([[], 0]);
  });

  test('departs some seconds after the first joined, when one never comes', async () => {
    const { convoy, opened, clock } = makeConvoy(3);
    const both = [joinAndRead(convoy), joinAndRead(convoy)];
    await clock.advance(GRACE_MS - 1);
    expect(opened).toEqual([]);
    await clock.advance(1);
    expect(await Promise.all(both)).toEqual([true, true]);
    expect(opened).toEqual([0]);
  });

  test('is not waited for: who comes late reads by itself, at once and all of it', async () => {
    const { convoy, opened, clock } = makeConvoy(2);
    const first = joinAndRead(convoy);
    await clock.advance(GRACE_MS);
    expect(await Promise.all([first, joinAndRead(convoy)])).toEqual([true, true]);
    expect(opened).toEqual([0, 0]);
  });

  test('does not count who reads by itself', async () => {
    const { convoy, opened } = makeConvoy(2);
    const first = joinAndRead(convoy);
    expect(await joinAndRead(convoy, 'by itself')).toBe(true);
    expect(opened).toEqual([0]);
    expect(await Promise.all([first, joinAndRead(convoy)])).toEqual([true, true]);
    expect(opened).toEqual([0, 0]);
  });

  test('takes hashes of what it read, once it has read it all', async () => {
    const { convoy } = makeConvoy(2, { isHashed: true });
    const [one, two] = await Promise.all([convoy.join('together'), convoy.join('together')]);
    expect(one.hashes().size).toBe(0);
    await Promise.all([readAll(one.lane), readAll(two.lane)]);
    for (const { hashes } of [one, two, one]) {
      // asked again it says the same
      expect(hashes().get('sha512')).toBe(hashOf('sha512'));
      expect(hashes().get('sha256')).toBe(hashOf('sha256'));
    }
  });

  test('takes none that nobody needs', async () => {
    const { convoy } = makeConvoy(1);
    const { lane, hashes } = await convoy.join('together');
    await readAll(lane);
    expect(hashes().size).toBe(0);
  });

  test('takes them of every read that is for one alone', async () => {
    const { convoy } = makeConvoy(1, { isHashed: true });
    const { lane, hashes } = await convoy.join('by itself');
    await readAll(lane);
    expect(hashes().get('sha512')).toBe(hashOf('sha512'));
  });

  test('has no hashes of what it read in part', async () => {
    const { convoy } = makeConvoy(1, { isHashed: true });
    const { lane, hashes } = await convoy.join('together');
    lane.destroy();
    await turns();
    expect(hashes().size).toBe(0);
  });

  test('fails its readers, and has no hashes, when the source is shorter than it says', async () => {
    const { convoy, clock } = makeConvoy(1, { isHashed: true, bytes: DATA.length + 1 });
    const { lane, hashes } = await convoy.join('together');
    const failure = expect(readAll(lane)).rejects.toThrow('source');
    for (let pause = 0; pause < 10; pause++) await clock.advance(5000);
    await failure;
    expect(hashes().size).toBe(0);
  });

  test('that is stopped before it departs rejects all who wait', async () => {
    const { convoy, opened, stop } = makeConvoy(3);
    const waiting = [convoy.join('together'), convoy.join('together')];
    const ends = Promise.allSettled(waiting);
    stop.abort(new CancelledError('stopped'));
    for (const end of await ends)
      expect(end).toMatchObject({ status: 'rejected', reason: { kind: 'cancelled' } });
    expect(opened).toEqual([]);
  });
});
