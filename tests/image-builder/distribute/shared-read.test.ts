import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { type SharedRead, openSharedRead } from '../../../src/image-builder/distribute/shared-read.ts';
import { CancelledError } from '../../../src/model/errors.ts';
import type { RangedSource } from '../../../src/system/streams/fan-out.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const JOIN_WINDOW_MS = 5000;
const DATA = Buffer.alloc(300_000, 5);
const hashOf = (algorithm: string) => createHash(algorithm).update(DATA).digest('hex');

function* chunksFrom(offset: number): Generator<Buffer> {
  for (let at = offset; at < DATA.length; at += 30_000) yield DATA.subarray(at, at + 30_000);
}

/** Creates a shared read for `expected` readers; `opened` lists the offsets at which its source was opened. */
function makeSharedRead(expected: number, { isHashed = false, bytes = DATA.length } = {}) {
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
  const sharedRead = openSharedRead(source, expected, { clock, signal: stop.signal, isHashed });
  return { sharedRead, opened, clock, stop };
}

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const joinAndRead = async (
  sharedRead: SharedRead,
  mode: 'together' | 'alone' = 'together',
): Promise<boolean> => (await readAll((await sharedRead.join(mode)).buffer)).equals(DATA);

async function turns(): Promise<void> {
  for (let count = 0; count < 30; count++) await turn();
}

describe('a shared read', () => {
  test('A shared read starts when all readers have joined and reads its source once', async () => {
    const { sharedRead, opened, clock } = makeSharedRead(3);
    const first = [joinAndRead(sharedRead), joinAndRead(sharedRead)];
    await turns();
    expect(opened).toEqual([]);
    expect(await Promise.all([...first, joinAndRead(sharedRead)])).toEqual([true, true, true]);
    expect([opened, clock.sleeping]).toEqual([[0], 0]);
  });

  test('A shared read starts when every reader has joined or left', async () => {
    const { sharedRead, opened } = makeSharedRead(3);
    sharedRead.leave();
    const both = [joinAndRead(sharedRead), joinAndRead(sharedRead)];
    expect(await Promise.all(both)).toEqual([true, true]);
    const other = makeSharedRead(2);
    const one = joinAndRead(other.sharedRead);
    await turns();
    other.sharedRead.leave();
    expect(await one).toBe(true);
    expect([opened, other.opened]).toEqual([[0], [0]]);
  });

  test('A shared read does not open its source when all readers have left', async () => {
    const { sharedRead, opened, clock } = makeSharedRead(2);
    sharedRead.leave();
    sharedRead.leave();
    await turns();
    expect([opened, clock.sleeping]).toEqual([[], 0]);
  });

  test('A shared read starts some seconds after the first reader joined when another never joins', async () => {
    const { sharedRead, opened, clock } = makeSharedRead(3);
    const both = [joinAndRead(sharedRead), joinAndRead(sharedRead)];
    await clock.advance(JOIN_WINDOW_MS - 1);
    expect(opened).toEqual([]);
    await clock.advance(1);
    expect(await Promise.all(both)).toEqual([true, true]);
    expect(opened).toEqual([0]);
  });

  test('A reader that joins late reads the whole source alone at once', async () => {
    const { sharedRead, opened, clock } = makeSharedRead(2);
    const first = joinAndRead(sharedRead);
    await clock.advance(JOIN_WINDOW_MS);
    expect(await Promise.all([first, joinAndRead(sharedRead)])).toEqual([true, true]);
    expect(opened).toEqual([0, 0]);
  });

  test('A reader that joins alone does not count as an expected reader', async () => {
    const { sharedRead, opened } = makeSharedRead(2);
    const first = joinAndRead(sharedRead);
    expect(await joinAndRead(sharedRead, 'alone')).toBe(true);
    expect(opened).toEqual([0]);
    expect(await Promise.all([first, joinAndRead(sharedRead)])).toEqual([true, true]);
    expect(opened).toEqual([0, 0]);
  });

  test('A shared read has hashes after it has read all data', async () => {
    const { sharedRead } = makeSharedRead(2, { isHashed: true });
    const [one, two] = await Promise.all([sharedRead.join('together'), sharedRead.join('together')]);
    expect(one.hashes().size).toBe(0);
    await Promise.all([readAll(one.buffer), readAll(two.buffer)]);
    for (const { hashes } of [one, two, one]) {
      // a repeated call returns the same hashes
      expect(hashes().get('sha512')).toBe(hashOf('sha512'));
      expect(hashes().get('sha256')).toBe(hashOf('sha256'));
    }
  });

  test('A shared read has no hashes when they are disabled', async () => {
    const { sharedRead } = makeSharedRead(1);
    const { buffer, hashes } = await sharedRead.join('together');
    await readAll(buffer);
    expect(hashes().size).toBe(0);
  });

  test('A read alone has hashes', async () => {
    const { sharedRead } = makeSharedRead(1, { isHashed: true });
    const { buffer, hashes } = await sharedRead.join('alone');
    await readAll(buffer);
    expect(hashes().get('sha512')).toBe(hashOf('sha512'));
  });

  test('A read that was aborted has no hashes', async () => {
    const { sharedRead } = makeSharedRead(1, { isHashed: true });
    const { buffer, hashes } = await sharedRead.join('together');
    buffer.destroy();
    await turns();
    expect(hashes().size).toBe(0);
  });

  test('A source that is shorter than its size fails the readers and has no hashes', async () => {
    const { sharedRead, clock } = makeSharedRead(1, { isHashed: true, bytes: DATA.length + 1 });
    const { buffer, hashes } = await sharedRead.join('together');
    const failure = expect(readAll(buffer)).rejects.toThrow('source');
    for (let pause = 0; pause < 10; pause++) await clock.advance(5000);
    await failure;
    expect(hashes().size).toBe(0);
  });

  test('Stopping before the start rejects all pending readers', async () => {
    const { sharedRead, opened, stop } = makeSharedRead(3);
    const waiting = [sharedRead.join('together'), sharedRead.join('together')];
    const ends = Promise.allSettled(waiting);
    stop.abort(new CancelledError('stopped'));
    for (const end of await ends)
      expect(end).toMatchObject({ status: 'rejected', reason: { kind: 'cancelled' } });
    expect(opened).toEqual([]);
  });
});
