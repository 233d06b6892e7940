import { Readable } from 'node:stream';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DeadlineError } from '../../../src/model/errors.ts';
import { DownloadError, downloadText } from '../../../src/system/http/download.ts';
import { type Http, openHttp } from '../../../src/system/http/http.ts';
import { retryDownload } from '../../../src/system/http/retry-download.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { type HttpCloud, type Script, startHttpCloud } from '../../support/http-cloud.ts';
import { SkippingClock } from '../../support/skipping-clock.ts';
import { TEST_TRUST } from '../../support/test-trust.ts';

const FILE = 'GET /file';
const TEXT = 'some text\n';
const MAXIMUM = 1024;
let server: HttpCloud;
let http: Http;
let clock: SkippingClock;
let stop: AbortController;

beforeEach(async () => {
  server = await startHttpCloud();
  http = openHttp({ trust: TEST_TRUST, stallTimeoutMs: 60_000 });
  clock = new SkippingClock();
  stop = new AbortController();
});

afterEach(async () => {
  await http.close();
  await server.close();
});

/** Downloads a text within 60 seconds, with the jitter at its middle. */
const download = (url = `${server.origin}/file`): Promise<string> =>
  retryDownload((signal) => downloadText(http, url, MAXIMUM, signal), {
    timeoutMs: 60_000,
    clock,
    signal: stop.signal,
    random: () => 0.5,
    onDeadline: (last) => new DeadlineError(`too late, after: ${last?.message ?? 'nothing'}`),
  });

const cut = (): Readable =>
  Readable.from(
    (async function* () {
      yield Buffer.from('some');
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error('cut');
    })(),
  );

describe('a small download that fails once', () => {
  test.each<[string, Script]>([
    ...[404, 408, 425, 429, 500, 502, 503, 504].map((status): [string, Script] => [
      `with status ${status}`,
      [{ status }, { body: TEXT }],
    ]),
    ['by a reset connection', ['reset', { body: TEXT }]],
    ['by a cut body', [{ headers: { 'content-length': String(TEXT.length) }, body: cut() }, { body: TEXT }]],
    [
      'by a cut compressed body',
      [{ headers: { 'content-encoding': 'gzip' }, body: gzipSync(TEXT).subarray(0, -9) }, { body: TEXT }],
    ],
  ])('A download that fails once %s succeeds after a pause', async (_, script) => {
    server.on(FILE, script);
    expect(await download()).toBe(TEXT);
    expect(clock.naps).toEqual([750]);
  });

  test('The pauses between attempts double, and five attempts are made', async () => {
    server.on(FILE, { status: 503 });
    const error = await failureOf(download());
    expect(error).toMatchObject({ name: 'DownloadError', kind: 'unavailable' });
    expect(error.message).toBe(`${server.origin} answered 503; gave up after 5 attempts`);
    expect(clock.naps).toEqual([750, 1500, 3000, 6000]);
  });

  test('Each attempt opens a connection, because only some of the servers of a mirror may lack the file', async () => {
    server.on(FILE, [{ status: 404, body: 'Not Found' }, { status: 404, body: 'Not Found' }, { body: TEXT }]);
    expect(await download()).toBe(TEXT);
    expect(new Set(server.requests(FILE).map(({ clientPort }) => clientPort)).size).toBe(3);
  });

  test('An attempt without a response ends after half of the time, and the next one succeeds', async () => {
    server.on(FILE, ['hang', { body: TEXT }]);
    const text = download();
    await server.waitFor(FILE);
    clock.advance(30_000);
    expect(await text).toBe(TEXT);
  });

  test('The deadline ends a download that never gets a response, and its error names the earlier failure', async () => {
    server.on(FILE, [{ status: 502 }, 'hang']);
    const text = failureOf(download());
    await server.waitFor(FILE, 2);
    clock.advance(30_000);
    await server.waitFor(FILE, 3);
    clock.advance(30_000);
    const error = await text;
    expect(error).toBeInstanceOf(DeadlineError);
    expect(error.message).toBe('too late, after: not finished within 30 s');
  });

  test('A cancelled download makes no other attempt', async () => {
    server.on(FILE, () => {
      stop.abort(new DeadlineError('stopped'));
      return { status: 503 };
    });
    await expect(download()).rejects.toThrow('stopped');
    expect(server.requests(FILE)).toHaveLength(1);
  });
});

describe('a server that limits its requests', () => {
  test.each([
    ['seconds', '5', 5000],
    ['a date', 'Sat, 21 Nov 2026 08:00:07 GMT', 7000],
    ['nonsense', 'soon', 750],
    ['a negative number', '-5', 750],
    ['a date in the past', 'Sat, 21 Nov 2020 08:00:00 GMT', 750],
  ])('A Retry-After of %s sets the pause', async (_, value, pause) => {
    server.on(FILE, [{ status: 429, headers: { 'retry-after': value } }, { body: TEXT }]);
    expect(await download()).toBe(TEXT);
    expect(clock.naps).toEqual([pause]);
  });

  const end = 'it accepts requests again at';
  const at = (time: string): number => Date.parse(time) / 1000;
  const primary = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${at('2026-11-21T08:40:00Z')}` };
  test.each<[string, Script, string]>([
    [
      'status 429 and a long Retry-After',
      { status: 429, headers: { 'retry-after': '3600' }, body: 'slow down' },
      `429 because of a rate limit; ${end} 2026-11-21T09:00:00.000Z`,
    ],
    [
      "the page of GitHub's website for status 429",
      { status: 429, headers: { 'retry-after': '60' }, body: '<html>Whoa there!</html>' },
      `429 because of a rate limit; ${end} 2026-11-21T08:01:00.000Z`,
    ],
    [
      'status 503 and a long Retry-After',
      { status: 503, headers: { 'retry-after': '120' } },
      `503; ${end} 2026-11-21T08:02:00.000Z`,
    ],
    [
      "GitHub's headers of the primary limit",
      { status: 403, headers: primary, body: { message: 'API rate limit exceeded for 192.0.2.1.' } },
      `403 because of a rate limit: API rate limit exceeded for 192.0.2.1.; ${end} 2026-11-21T08:40:00.000Z`,
    ],
    [
      "GitHub's secondary limit, which names no time",
      { status: 403, body: { message: 'You have exceeded a secondary rate limit.' } },
      `403 because of a rate limit: You have exceeded a secondary rate limit.; ${end} 2026-11-21T08:01:00.000Z`,
    ],
    [
      'a compressed message with control characters',
      {
        status: 429,
        headers: { ...primary, 'content-encoding': 'gzip' },
        body: gzipSync(JSON.stringify({ message: `no\r\n\u001b[31m${'!'.repeat(100_000)}` })).subarray(0),
      },
      `429 because of a rate limit; ${end} 2026-11-21T08:40:00.000Z`,
    ],
    [
      'a reset time that no clock reaches',
      { status: 403, headers: { ...primary, 'x-ratelimit-reset': '99999999999' } },
      `403 because of a rate limit; ${end} 5138-11-16T09:46:39.000Z`,
    ],
  ])('A download that meets %s fails at once with the end of the limit', async (_, script, message) => {
    server.on(FILE, script);
    const error = await failureOf(download());
    expect(error).toMatchObject({ name: 'DownloadError', kind: 'unavailable' });
    expect(error.message).toBe(`${server.origin} answered ${message}`);
    expect(server.requests(FILE)).toHaveLength(1);
  });

  test('The message of a rate limit is one line of at most 300 characters', async () => {
    const message = `no\r\n\u001b[31m\u202e${'😀'.repeat(5000)}`;
    server.on(FILE, { status: 403, headers: primary, body: { message } });
    const error = await failureOf(download());
    expect(error.message).toMatch(/: no \[31m 😀+…; it accepts requests again/u);
    expect(Array.from(error.message).length).toBeLessThan(450);
  });

  test.each([400, 401, 403, 410, 451, 204])('Status %i without a rate limit is final', async (status) => {
    server.on(FILE, { status, body: status === 204 ? undefined : { message: 'Forbidden' } });
    await expect(failureOf(download())).resolves.toMatchObject({ name: 'DownloadError', kind: 'build' });
    expect(server.requests(FILE)).toHaveLength(1);
  });
});

describe('the text of a download', () => {
  test('Five redirects are followed and six are not', async () => {
    server.on('GET /hops/*', ({ url }) => {
      const left = Number(url.pathname.split('/')[2]);
      const location = `../hops/${left - 1}`;
      return left === 0 ? { body: TEXT } : { status: 302, headers: { location } };
    });
    expect(await download(`${server.origin}/hops/5`)).toBe(TEXT);
    await expect(download(`${server.origin}/hops/6`)).rejects.toThrow('redirected more than 5 times');
  });

  test.each(['ftp://example.com/', 'file:///etc/passwd', 'http://'])(
    'A redirect to %s is refused at once',
    async (location) => {
      server.on(FILE, { status: 302, headers: { location } });
      await expect(download()).rejects.toThrow(DownloadError);
    },
  );

  test.each([
    ['gzip', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
  ])('A text with Content-Encoding %s is decompressed', async (encoding, body) => {
    server.on(FILE, { headers: { 'content-encoding': encoding }, body });
    expect(await download()).toBe(TEXT);
  });

  test.each<[string, Script]>([
    ['10 MB', { body: Buffer.alloc(10_000_000) }],
    [
      'gzip data that expands to 10 MB',
      { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(10_000_000)) },
    ],
  ])('A small text that is %s is refused without another attempt', async (_, script) => {
    server.on(FILE, script);
    const error = await failureOf(download());
    expect(error).toMatchObject({ kind: 'build', message: `${server.origin} sent more than 1024 bytes` });
    expect(server.requests(FILE)).toHaveLength(1);
  });

  test('A host without an address is asked for five times and named', async () => {
    const error = await failureOf(download('http://mirror.invalid/file?token=MARKED'));
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(error.message).toMatch(
      /^http:\/\/mirror\.invalid gave no answer: E\w+ \(the name of the host cannot be resolved\); gave up after 5 attempts$/,
    );
  });
});
