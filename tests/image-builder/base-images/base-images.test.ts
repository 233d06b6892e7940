import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ensureBaseImage } from '../../../src/image-builder/base-images/base-images.ts';
import type { Context } from '../../../src/image-builder/context.ts';
import { BaseImageDownloadError } from '../../../src/model/errors.ts';
import { OWNER_KEYS } from '../../../src/model/owner.ts';
import { QCOW2_MAGIC } from '../../../src/model/image/disk-format.ts';
import type { Script } from '../../support/http-cloud.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { changeImage } from '../../support/openstack/glance/images.ts';
import { useTestTools } from '../make-test-tools.ts';
import { PUT } from '../open-store.ts';
import { useEmulator } from '../use-emulator.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useEmulator();
const makeTools = useTestTools(at);
const DATA = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(300_000, 7)]);
const SHA256 = createHash('sha256').update(DATA).digest('hex');
const FILE = 'GET /ubuntu/noble/current/noble-server-cloudimg-amd64.img';
const SUMS = 'GET /ubuntu/noble/current/SHA256SUMS';
const NAME = 'p-image-builder-base-noble-x64';

const ensure = (tools: Context, baseRelease = '') =>
  ensureBaseImage(at.cloud, { base: 'noble', arch: 'x64', baseRelease, prefix: 'p' }, tools);
const uploads = () => at.openstack.requests().filter(({ route }) => route === PUT);
const whole: Script = () => ({ headers: { 'content-length': String(DATA.length) }, body: DATA });

beforeEach(() => {
  at.http.on(SUMS, { body: `${SHA256} *noble-server-cloudimg-amd64.img\n` });
  at.http.on(FILE, whole);
});

describe('the upload of a base image', () => {
  test('A base image is uploaded completely, with its owner and checksum', async () => {
    const image = await ensure(makeTools().tools);
    expect(image).toMatchObject({ base: 'noble', arch: 'x64', sha256: SHA256, wasUploaded: true });
    expect(at.data()?.equals(DATA)).toBe(true);
    expect(at.images.get(image.imageId)).toMatchObject({
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
    await expect(ensure(makeTools().tools, '20260730.1')).rejects.toMatchObject({ kind: 'input' });
    expect(at.images.size).toBe(0);
  });

  test('A base image with the current checksum is used without a download', async () => {
    at.add({ id: uuidOf('old'), name: NAME, [OWNER_KEYS.baseSha256]: 'f'.repeat(64) });
    at.add({ id: uuidOf('ready'), name: NAME, [OWNER_KEYS.baseSha256]: SHA256 });
    at.add({ id: uuidOf('half'), name: NAME, status: 'queued', [OWNER_KEYS.baseSha256]: SHA256 });
    expect(await ensure(makeTools().tools)).toMatchObject({ imageId: uuidOf('ready'), wasUploaded: false });
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
    const { state } = at.openstack;
    changeImage(state, imageId, { status: 'saving' });
    const reads = at.arrivals('GET /image/v2/images/:id', (nth) => {
      if (nth === 3) changeImage(state, imageId, { status: 'active' });
    });
    const { tools } = makeTools({ owner: { ...makeTools().tools.owner, buildId: 'b2' } });
    expect(await ensure(tools)).toMatchObject({ imageId, wasUploaded: false });
    expect(reads.count()).toBeGreaterThanOrEqual(3);
    expect(uploads()).toHaveLength(1);
  });

  test('An unfinished base image of a dead build is deleted, and the next slot gets the data', async () => {
    at.disturb(PUT, { stallUpload: 1000 }, { times: 1 });
    const begun = at.arrivals(PUT);
    const dying = ensure(makeTools({ process: 'dead' }).tools);
    dying.catch(() => undefined);
    await begun.reach();
    const [half = ''] = at.images.keys();
    const image = await ensure(makeTools().tools);
    expect(image.imageId).not.toBe(half);
    expect([...at.images.keys()]).toEqual([image.imageId]);
    expect(at.data()?.equals(DATA)).toBe(true);
  });

  test('A base image that becomes active just before its process ends is used', async () => {
    const { imageId } = await ensure(makeTools().tools);
    const { state } = at.openstack;
    changeImage(state, imageId, { status: 'saving' });
    const findProcessState = (): 'dead' => {
      changeImage(state, imageId, { status: 'active' });
      return 'dead';
    };
    const { tools } = makeTools({ findProcessState, owner: { ...makeTools().tools.owner, buildId: 'b2' } });
    expect(await ensure(tools)).toMatchObject({ imageId, wasUploaded: false });
    expect(uploads()).toHaveLength(1);
  });

  test('A base image whose id was deleted gets the id of the next slot', async () => {
    const { imageId } = await ensure(makeTools().tools);
    at.images.clear();
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
    expect(uploads().filter(({ status }) => status === 204)).toEqual([]);
    expect(at.images.size).toBe(0);
    expect(at.http.requests(FILE)).toHaveLength(3);
    expect(warnings).toHaveLength(2);
  });

  test('A base image is uploaded when a retry of its download succeeds', async () => {
    at.http.on(FILE, [
      { headers: { 'content-length': String(DATA.length) }, body: wrong },
      { headers: { 'content-length': String(DATA.length) }, body: DATA },
    ]);
    await ensure(makeTools().tools);
    expect(at.images.size).toBe(1);
  });

  test('A base image is asked for again after the time that its server names, unless that is far', async () => {
    at.http.on(FILE, [
      { status: 503, headers: { 'retry-after': '9' } },
      { headers: { 'content-length': String(DATA.length) }, body: DATA },
    ]);
    await ensure(makeTools().tools);
    expect(at.clock.naps).toContain(9000);
    at.images.clear();
    at.http.on(FILE, { status: 429, headers: { 'retry-after': '7200' } });
    await expect(ensure(makeTools().tools)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(at.http.requests(FILE)).toHaveLength(3);
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
    expect(at.images.size).toBe(0);
  });

  test('A base image whose stored hash differs is deleted', async () => {
    at.disturb(PUT, 'damaged upload');
    const error = await failureOf(ensure(makeTools().tools));
    expect(error.message).toMatch('Glance stored other data than was sent');
    expect(at.images.size).toBe(0);
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
      at.disturb(PUT, { status, body: 'quota' });
      await expect(failureOf(ensure(makeTools().tools))).resolves.toMatchObject({ kind });
      expect(at.images.size).toBe(0);
    },
  );

  test('A base image that exceeds the quota is downloaded once, not three times', async () => {
    at.disturb(PUT, { status: 413, body: 'quota' });
    await failureOf(ensure(makeTools().tools));
    expect(at.http.requests(FILE)).toHaveLength(1);
  });

  test('A base image upload that is stopped is not retried', async () => {
    at.disturb(PUT, { stallUpload: 1000 });
    const begun = at.arrivals(PUT);
    const stop = new AbortController();
    const failure = failureOf(ensure(makeTools({ signal: stop.signal }).tools));
    await begun.reach();
    stop.abort(new RangeError('SIGTERM'));
    await expect(failure).resolves.toMatchObject({ kind: 'cancelled' });
    expect(begun.count()).toBe(1);
    expect(at.images.size).toBe(0);
  });
});
