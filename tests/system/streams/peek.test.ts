import { describe, expect, test } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { type PeekedSource, peekSource } from '../../../src/system/streams/peek.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { SkippingClock } from '../../support/skipping-clock.ts';

const DATA = Buffer.from('QFI\u00fb and the rest', 'latin1');
const { signal } = new AbortController();

/** Peeks into DATA, in chunks of `size` bytes. The first opens fail with `failures`. */
async function peekData(size: number, failures: readonly Error[] = []) {
  const opened: Readable[] = [];
  const left = [...failures];
  const open = (offset: number): Promise<Readable> => {
    const failure = left.shift();
    if (failure !== undefined) return Promise.reject(failure);
    const chunks = [];
    for (let at = offset; at < DATA.length; at += size) chunks.push(DATA.subarray(at, at + size));
    const stream = Readable.from(chunks);
    opened.push(stream);
    return Promise.resolve(stream);
  };
  const source: PeekedSource = await peekSource(
    { size: DATA.length, open },
    { clock: new SkippingClock(), signal, attempts: 3 },
  );
  return { source, opened };
}

describe('peeked source', () => {
  test.each([4, 7, 100])(
    'The first read has all data, in chunks of %i bytes, from one stream',
    async (size) => {
      const { source, opened } = await peekData(size);
      expect(source.head.equals(DATA.subarray(0, size))).toBe(true);
      expect((await buffer(await source.open(0, signal))).equals(DATA)).toBe(true);
      expect(opened).toHaveLength(1);
    },
  );

  test('Every later read, and a read from the middle, opens the source again', async () => {
    const { source, opened } = await peekData(7);
    await buffer(await source.open(0, signal));
    expect((await buffer(await source.open(0, signal))).equals(DATA)).toBe(true);
    expect((await buffer(await source.open(5, signal))).equals(DATA.subarray(5))).toBe(true);
    expect(opened).toHaveLength(3);
  });

  test('A stream that broke off before its first read is opened again', async () => {
    const { source, opened } = await peekData(7);
    opened[0]?.destroy(new Error('reset'));
    expect((await buffer(await source.open(0, signal))).equals(DATA)).toBe(true);
  });

  test('A stream that nobody has read is closed', async () => {
    const { source, opened } = await peekData(7);
    source.close();
    expect(opened[0]?.destroyed).toBe(true);
  });

  test('A failed open is repeated twice', async () => {
    const reset = new Error('reset');
    expect((await peekData(7, [reset, reset])).opened).toHaveLength(1);
    expect(await failureOf(peekData(7, [reset, reset, reset]))).toBe(reset);
  });

  test('An empty source has an empty head', async () => {
    const source = await peekSource(
      { size: 0, open: () => Promise.resolve(Readable.from([])) },
      { clock: new SkippingClock(), signal, attempts: 1 },
    );
    expect(source.head).toHaveLength(0);
  });
});
