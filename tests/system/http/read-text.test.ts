import { Readable } from 'node:stream';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { readBounded } from '../../../src/system/http/read-text.ts';

const MAXIMUM = 64 * 1024;
const TEXT = 'the beginning of a page – and its end';

/** Counts the bytes that were taken from a body of `size` zeros. */
function countedBody(
  size: number,
  chunkOf: (bytes: Buffer) => Buffer,
): { body: Readable; taken: () => number } {
  let taken = 0;
  const chunk = chunkOf(Buffer.alloc(MAXIMUM));
  const body = new Readable({
    read() {
      taken += chunk.length;
      this.push(taken > size ? null : chunk);
    },
  });
  return { body, taken: () => taken };
}

describe('reading a body within a limit', () => {
  test.each([
    [undefined, Buffer.from(TEXT)],
    ['', Buffer.from(TEXT)],
    ['identity', Buffer.from(TEXT)],
    ['gzip', gzipSync(TEXT)],
    [' X-GZIP', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['Deflate', deflateRawSync(TEXT)],
  ])('A body with Content-Encoding %j is read as text', async (encoding, bytes) => {
    const chunks = [...bytes].map((byte) => Buffer.of(byte));
    const read = await readBounded(Readable.from(chunks), { maximum: MAXIMUM, encoding });
    expect(read).toEqual({ text: TEXT, isCut: false });
  });

  test('A compressed body without data is an empty text', async () => {
    const read = await readBounded(Readable.from([]), { maximum: MAXIMUM, encoding: 'gzip' });
    expect(read).toEqual({ text: '', isCut: false });
  });

  test('A body of exactly the maximum is complete, in every encoding', async () => {
    const data = Buffer.alloc(MAXIMUM, 'é');
    for (const [encoding, bytes] of [
      ['identity', data],
      ['gzip', gzipSync(data, { level: 0 })],
      ['deflate', deflateRawSync(data)],
    ] as const) {
      const read = await readBounded(Readable.from([bytes]), { maximum: MAXIMUM, encoding });
      expect([read.text.length, read.isCut]).toEqual([MAXIMUM / 2, false]);
    }
  });

  test('A body of megabytes is cut at the maximum and the rest is not received', async () => {
    const { body, taken } = countedBody(1024 ** 3, (bytes) => bytes);
    const read = await readBounded(body, { maximum: MAXIMUM });
    expect([read.text.length, read.isCut, body.destroyed]).toEqual([MAXIMUM, true, true]);
    expect(taken()).toBeLessThan(8 * MAXIMUM);
  });

  test('A small compressed body that expands to a gigabyte is cut at the maximum', async () => {
    const bomb = Buffer.concat(Array.from({ length: 1024 }, () => gzipSync(Buffer.alloc(1024 ** 2))));
    const before = process.memoryUsage().arrayBuffers;
    const read = await readBounded(Readable.from([bomb]), { maximum: 2 * 1024 ** 2, encoding: 'gzip' });
    expect([read.text.length, read.isCut]).toEqual([2 * 1024 ** 2, true]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 ** 2);
  });

  test('A compressed body that never yields text is cut as well', async () => {
    const { body, taken } = countedBody(1024 ** 3, () => gzipSync(''));
    const read = await readBounded(body, { maximum: MAXIMUM, encoding: 'gzip' });
    expect(read).toEqual({ text: '', isCut: true });
    expect(taken()).toBeLessThan(8 * MAXIMUM);
  });

  test('A compressed body that is cut keeps its beginning', async () => {
    const noise = Buffer.from(Array.from({ length: 4 * MAXIMUM }, (_, index) => (index * index * 31) % 251));
    const bytes = gzipSync(noise, { level: 0 });
    const read = await readBounded(Readable.from([bytes]), { maximum: MAXIMUM, encoding: 'gzip' });
    expect([Buffer.byteLength(read.text) >= MAXIMUM, read.isCut]).toEqual([true, true]);
  });

  test.each([
    ['gzip', gzipSync(TEXT).subarray(0, -12)],
    ['gzip', Buffer.from('<html>this is not gzip</html>')],
    ['deflate', Buffer.from('<html>this is not deflate</html>')],
    ['br', Buffer.from(TEXT)],
    ['gzip, gzip', gzipSync(gzipSync(TEXT))],
  ])('A body with Content-Encoding %j that cannot be decompressed is an error', async (encoding, bytes) => {
    const body = Readable.from([bytes]);
    await expect(readBounded(body, { maximum: MAXIMUM, encoding })).rejects.toThrow();
    expect(body.destroyed).toBe(true);
  });
});
