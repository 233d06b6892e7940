import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ensureBaseImage } from '../../../src/image-builder/base-images/base-images.ts';
import type { Context } from '../../../src/image-builder/context.ts';
import { parseSums } from '../../../src/image-builder/base-images/ubuntu-images.ts';
import { BaseImageDownloadError } from '../../../src/model/errors.ts';
import { OWNER_KEYS } from '../../../src/model/owner.ts';
import { QCOW2_MAGIC } from '../../../src/model/disk-format.ts';
import { type Script } from '../../support/http-cloud.ts';
import { failureOf, useHttpCloud } from '../../support/cloud-fixture.ts';
import { useTestTools } from '../make-test-tools.ts';
import { type ScriptedGlance, scriptGlance } from '../scripted-glance.ts';

const at = useHttpCloud();
const makeTools = useTestTools(at);
const DATA = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(300_000, 7)]);
const SHA256 = createHash('sha256').update(DATA).digest('hex');
const FILE = 'GET /ubuntu/noble/current/noble-server-cloudimg-amd64.img';
const SUMS = 'GET /ubuntu/noble/current/SHA256SUMS';
const NAME = 'p-image-builder-base-noble-x64';
let glance: ScriptedGlance;

const ensure = (tools: Context, baseRelease = '') =>
  ensureBaseImage(at.cloud, { base: 'noble', arch: 'x64', baseRelease, prefix: 'p' }, tools);
const uploads = () => at.http.requests('PUT /v2/images/*/file');
const whole: Script = () => ({ headers: { 'content-length': String(DATA.length) }, body: DATA });

beforeEach(() => {
  glance = scriptGlance(at.http);
  at.http.on(SUMS, { body: `${SHA256} *noble-server-cloudimg-amd64.img\n` });
  at.http.on(FILE, whole);
});

describe('the upload of a base image', () => {
  test('A base image is uploaded completely, with its owner and checksum', async () => {
    const image = await ensure(makeTools().tools);
    expect(image).toMatchObject({ base: 'noble', arch: 'x64', sha256: SHA256, wasUploaded: true });
    expect(uploads()[0]?.body.equals(DATA)).toBe(true);
    expect(glance.images.get(image.imageId)).toMatchObject({
      name: NAME,
      status: 'active',
      disk_format: 'qcow2',
      architecture: 'x86_64',
      os_version: '24.04',
      [OWNER_KEYS.baseSha256]: SHA256,
      [OWNER_KEYS.kind]: 'base',
      [OWNER_KEYS.application]: 'builder',
    });
  });

  test('A pinned release is downloaded from its own folder', async () => {
    const folder = 'GET /ubuntu/noble/20260801';
    at.http.on(`${folder}/SHA256SUMS`, { body: `${SHA256} *noble-server-cloudimg-amd64.img\n` });
    at.http.on(`${folder}/noble-server-cloudimg-amd64.img`, whole);
    expect(await ensure(makeTools().tools, '20260801')).toMatchObject({ sha256: SHA256 });
    expect(at.http.requests(SUMS)).toEqual([]);
  });

  test('A release that the mirror does not have is an error with base, release and URL', async () => {
    at.http.on('GET /ubuntu/noble/20260730.1/SHA256SUMS', { status: 404 });
    await expect(ensure(makeTools().tools, '20260730.1')).rejects.toThrow(
      /^release 20260730\.1 of base noble: http:.*\/noble\/20260730\.1\/SHA256SUMS: .*404/,
    );
    expect(glance.images.size).toBe(0);
  });

  test('A base image with the current checksum is used without a download', async () => {
    glance.add({ id: 'old', name: NAME, [OWNER_KEYS.baseSha256]: 'f'.repeat(64) });
    glance.add({ id: 'ready', name: NAME, [OWNER_KEYS.baseSha256]: SHA256 });
    glance.add({ id: 'half', name: NAME, status: 'queued', [OWNER_KEYS.baseSha256]: SHA256 });
    expect(await ensure(makeTools().tools)).toMatchObject({ imageId: 'ready', wasUploaded: false });
    expect(at.http.requests(FILE)).toEqual([]);
  });

  test('A base image that two builds need at the same time is uploaded once', async () => {
    const own = makeTools();
    const other = makeTools({ owner: { ...own.tools.owner, buildId: 'b2' } });
    const [first, second] = await Promise.all([ensure(own.tools), ensure(other.tools)]);
    expect(first.imageId).toBe(second.imageId);
    expect([first.wasUploaded, second.wasUploaded].sort()).toEqual([false, true]);
    expect(uploads()).toHaveLength(1);
  });

  test('A build waits for a base image that another build uploads', async () => {
    const { imageId } = await ensure(makeTools().tools);
    const saving = { ...glance.images.get(imageId), id: imageId, status: 'saving' };
    glance.images.set(imageId, saving);
    let reads = 0;
    at.http.on('GET /v2/images/*', () => {
      reads += 1;
      return { body: reads < 3 ? saving : { ...saving, status: 'active' } };
    });
    const { tools } = makeTools({ owner: { ...makeTools().tools.owner, buildId: 'b2' } });
    expect(await ensure(tools)).toMatchObject({ imageId, wasUploaded: false });
    expect(uploads()).toHaveLength(1);
  });

  test('An unfinished base image of a dead build is deleted, and the next slot gets the data', async () => {
    at.http.on('PUT /v2/images/*/file', 'hang');
    const dying = ensure(makeTools({ process: 'dead' }).tools);
    dying.catch(() => undefined);
    await at.http.waitFor('PUT /v2/images/*/file');
    const [half = ''] = glance.images.keys();
    at.http.on('PUT /v2/images/*/file', ({ url }) => {
      const id = url.pathname.split('/').at(-2) ?? '';
      glance.images.set(id, { ...glance.images.get(id), id, status: 'active' });
      return { status: 204 };
    });
    const image = await ensure(makeTools().tools);
    expect(image.imageId).not.toBe(half);
    expect([...glance.images.keys()]).toEqual([image.imageId]);
  });

  test('A base image whose id was deleted gets the id of the next slot', async () => {
    const { imageId } = await ensure(makeTools().tools);
    glance.images.clear();
    const again = await ensure(makeTools().tools);
    expect(again.imageId).not.toBe(imageId);
    expect(again.wasUploaded).toBe(true);
  });
});

describe('a faulty download of a base image', () => {
  const wrong = Buffer.from(DATA).fill(8, DATA.length - 10);

  test.each<[string, Script]>([
    ['with wrong bytes', { headers: { 'content-length': String(DATA.length) }, body: wrong }],
    ['that is a web page', { headers: { 'content-length': '20' }, body: '<html>sign in</html>' }],
    ['that is missing', { status: 404 }],
  ])('A base image %s is never complete in Glance and its record is deleted', async (_, script) => {
    at.http.on(FILE, script);
    const { tools, warnings } = makeTools();
    const error = await failureOf(ensure(tools));
    expect(error).toBeInstanceOf(BaseImageDownloadError);
    for (const { headers, body } of uploads()) {
      expect(body.length).toBeLessThan(Number(headers['content-length']));
    }
    expect(glance.images.size).toBe(0);
    expect(at.http.requests(FILE)).toHaveLength(3);
    expect(warnings).toHaveLength(2);
  });

  test('A base image is uploaded when a retry of its download succeeds', async () => {
    at.http.on(FILE, [
      { headers: { 'content-length': String(DATA.length) }, body: wrong },
      { headers: { 'content-length': String(DATA.length) }, body: DATA },
    ]);
    await ensure(makeTools().tools);
    expect(glance.images.size).toBe(1);
  });

  test('A base image download that is cut off is retried and fails as a BaseImageDownloadError', async () => {
    at.http.on(FILE, () => ({ headers: { 'content-length': String(DATA.length) }, body: half() }));
    expect(await failureOf(ensure(makeTools().tools))).toBeInstanceOf(BaseImageDownloadError);
    expect(at.http.requests(FILE)).toHaveLength(3);
  });

  test('A base image download without a Content-Length fails with that reason', async () => {
    at.http.on(FILE, () => ({ body: Readable.from([DATA]) }));
    const error = await failureOf(ensure(makeTools().tools));
    expect(error).toBeInstanceOf(BaseImageDownloadError);
    expect(error.message).toMatch(/length/i);
  });

  test('The record of a base image whose download is cut off is deleted', async () => {
    at.http.on(FILE, () => ({ headers: { 'content-length': String(DATA.length) }, body: half() }));
    await ensure(makeTools().tools).catch(() => undefined);
    expect(glance.images.size).toBe(0);
  });

  test('A base image whose stored hash differs is deleted', async () => {
    at.http.on('PUT /v2/images/*/file', ({ url }) => {
      const id = url.pathname.split('/').at(-2) ?? '';
      const hash = { os_hash_algo: 'sha512', os_hash_value: 'f'.repeat(128) };
      glance.images.set(id, { ...glance.images.get(id), ...hash, id, status: 'active' });
      return { status: 204 };
    });
    const error = await failureOf(ensure(makeTools().tools));
    expect(error.message).toMatch('Glance stored other data than was sent');
    expect(glance.images.size).toBe(0);
  });
});

function half(): Readable {
  return Readable.from(
    (async function* () {
      yield DATA.subarray(0, 100_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error('cut');
    })(),
  );
}

describe('a base image that Glance rejects', () => {
  test.each([
    [413, 'denied'],
    [503, 'unavailable'],
  ])(
    'A base image that Glance rejects with %i fails as %s, and its record is deleted',
    async (status, kind) => {
      at.http.on('PUT /v2/images/*/file', { status, body: 'quota' });
      await expect(failureOf(ensure(makeTools().tools))).resolves.toMatchObject({ kind });
      expect(glance.images.size).toBe(0);
    },
  );

  test('A base image that exceeds the quota is downloaded once, not three times', async () => {
    at.http.on('PUT /v2/images/*/file', { status: 413, body: 'quota' });
    await failureOf(ensure(makeTools().tools));
    expect(at.http.requests(FILE)).toHaveLength(1);
  });

  test('A base image upload that is stopped is not retried', async () => {
    at.http.on('PUT /v2/images/*/file', 'hang');
    const stop = new AbortController();
    const failure = failureOf(ensure(makeTools({ signal: stop.signal }).tools));
    await at.http.waitFor('PUT /v2/images/*/file');
    stop.abort(new RangeError('SIGTERM'));
    await expect(failure).resolves.toMatchObject({ kind: 'cancelled' });
    expect(uploads()).toHaveLength(1);
    expect(glance.images.size).toBe(0);
  });
});

describe('SHA256SUMS', () => {
  test('A 503 response for SHA256SUMS is reported as such', async () => {
    at.http.on(SUMS, { status: 503 });
    const error = await failureOf(ensure(makeTools().tools));
    expect(error).toBeInstanceOf(BaseImageDownloadError);
    expect(error.message).toMatch('answered 503');
  });

  test('A SHA256SUMS without the image is reported with the missing file name', async () => {
    at.http.on(SUMS, { body: `${SHA256} *other.img\n` });
    await expect(ensure(makeTools().tools)).rejects.toThrow(
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
