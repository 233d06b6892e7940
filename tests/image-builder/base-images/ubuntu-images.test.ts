import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { getUbuntuImage, parseSums } from '../../../src/image-builder/base-images/ubuntu-images.ts';
import { failureOf, useHttpCloud } from '../../support/cloud-fixture.ts';
import { type Script } from '../../support/http-cloud.ts';
import { useTestTools } from '../make-test-tools.ts';

const at = useHttpCloud();
const makeTools = useTestTools(at);
const SUMS = 'GET /ubuntu/noble/current/SHA256SUMS';
const SHA256 = 'ab'.repeat(32);
const NOBLE = { base: 'noble', arch: 'x64', baseRelease: '' } as const;

function half(): Readable {
  return Readable.from(
    (async function* () {
      yield Buffer.from(SHA256);
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error('cut');
    })(),
  );
}

describe('SHA256SUMS', () => {
  test.each<[string, Script, RegExp, number]>([
    ['answers 503', { status: 503 }, /answered 503; gave up after 5 attempts$/, 5],
    ['is missing', { status: 404 }, /answered 404; gave up after 3 attempts$/, 3],
    ['is reset', 'reset', /gave no answer: .*; gave up after 5 attempts$/, 5],
    [
      'is cut',
      () => ({ headers: { 'content-length': '500' }, body: half() }),
      /broke off: .*; gave up after 5 attempts$/,
      5,
    ],
  ])('A SHA256SUMS that always %s is unavailable', async (_, script, message, requests) => {
    at.http.on(SUMS, script);
    const error = await failureOf(getUbuntuImage(makeTools().tools, NOBLE));
    expect(error).toMatchObject({ name: 'BaseImageDownloadError', kind: 'unavailable' });
    expect(error.message).toMatch(message);
    expect(at.http.requests(SUMS)).toHaveLength(requests);
  });

  test('A SHA256SUMS on a host without an address is unavailable', async () => {
    const { tools } = makeTools({ cloudImagesUrl: 'http://images.invalid' });
    const error = await failureOf(getUbuntuImage(tools, NOBLE));
    expect(error).toMatchObject({ name: 'BaseImageDownloadError', kind: 'unavailable' });
    expect(error.message).toMatch(/the name of the host cannot be resolved\); gave up after 5 attempts$/);
  });

  test('A refused SHA256SUMS is not asked for again', async () => {
    at.http.on(SUMS, { status: 401 });
    await expect(failureOf(getUbuntuImage(makeTools().tools, NOBLE))).resolves.toMatchObject({
      kind: 'build',
    });
    expect(at.http.requests(SUMS)).toHaveLength(1);
  });

  test('A SHA256SUMS without the image is reported with the missing file name', async () => {
    at.http.on(SUMS, { body: `${SHA256} *other.img\n` });
    await expect(getUbuntuImage(makeTools().tools, NOBLE)).rejects.toThrow(
      'SHA256SUMS: expected a line for noble-server-cloudimg-amd64.img, found none',
    );
  });

  test('The parser of SHA256SUMS accepts both kinds of marks, CR LF and capitals', () => {
    const text = `${SHA256.toUpperCase()} *a.img\r\n${SHA256}  b.img\nnothing\n${SHA256.slice(1)} *c.img\n`;
    expect([...parseSums(text)]).toEqual([
      ['a.img', SHA256],
      ['b.img', SHA256],
    ]);
  });
});
