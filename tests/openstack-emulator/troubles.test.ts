import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  CloudTimeoutError,
  CloudUnavailableError,
  UnauthorizedError,
  UnexpectedAnswerError,
} from '../../src/model/cloud-errors.ts';
import type { Cloud } from '../../src/openstack/cloud.ts';
import { openImageData, uploadImageData } from '../../src/openstack/image-data.ts';
import { createImage, findImage, listImages } from '../../src/openstack/images.ts';
import { failureOf } from '../support/http-fixture.ts';
import { NappingClock } from '../support/http-clock.ts';
import { type Connections, openConnections } from '../support/openstack/connections.ts';
import type { EmulatedCloud } from '../support/openstack/emulated-cloud.ts';
import { type Emulator, startEmulator } from '../support/openstack/emulator.ts';
import type { Fault } from '../support/openstack/troubles.ts';

const LIST = 'GET /image/v2/images';
const signal = new AbortController().signal;

let emulator: Emulator;
let connections: Connections;
let emulated: EmulatedCloud;
let cloud: Cloud;

beforeEach(async () => {
  emulator = await startEmulator();
  connections = openConnections(emulator);
  emulated = emulator.cloud('b');
  cloud = await connections.connect('consumer', { clock: new NappingClock() });
});

afterEach(async () => {
  await connections.close();
  await emulator.close();
});

const statuses = (): readonly number[] =>
  emulated.requests().flatMap(({ route, status }) => (route === LIST ? [status] : []));

async function makeImage(data: Buffer): Promise<string> {
  const { id } = await createImage(cloud, { name: 'noble', diskFormat: 'raw', properties: {} });
  await uploadImageData(cloud, id, { source: Readable.from([data]), size: data.length }, signal);
  return id;
}

describe('a trouble', () => {
  test('comes so often, after so many requests, and goes', async () => {
    emulated.troubles.add({ at: LIST, after: 1, times: 2, what: { status: 503 } });
    await listImages(cloud);
    await listImages(cloud);
    await listImages(cloud);
    expect(statuses()).toEqual([200, 503, 503, 200, 200]);
  });

  test('is taken back by its undo', async () => {
    const trouble = emulated.troubles.add({ at: 'any', what: { status: 500 } });
    trouble.takeBack();
    expect(await listImages(cloud)).toEqual([]);
    expect(statuses()).toEqual([200]);
  });

  test.each(['GET /image/*', 'GET */images', LIST, '*'])('fits the pattern %s', async (at) => {
    await listImages(cloud);
    emulated.troubles.add({ at, times: 1, what: { status: 502 } });
    await listImages(cloud);
    expect(statuses()).toEqual([200, 502, 200]);
  });

  test.each(['POST /image/*', '/image/v2/images', 'GET /image/v2/images/*'])(
    'does not fit the pattern %s',
    async (at) => {
      emulated.troubles.add({ at, what: { status: 502 } });
      await listImages(cloud);
      expect(statuses()).toEqual([200]);
    },
  );

  test('can be for requests of some body only', async () => {
    emulated.troubles.add({ at: 'POST *', onlyBody: 'jammy', what: { status: 400 } });
    const spec = { diskFormat: 'raw', properties: {} };
    await createImage(cloud, { ...spec, name: 'noble' });
    expect(await failureOf(createImage(cloud, { ...spec, name: 'jammy' }))).toBeInstanceOf(Error);
    expect(emulator.book().b.images.map(({ name }) => name)).toEqual(['noble']);
  });

  const spoilt: readonly (readonly [string, Fault])[] = [
    ['empty', 'empty body'],
    ['a page', { wrongBody: '<html>Welcome</html>' }],
    ['of another shape', { wrongBody: { images: 'many' } }],
  ];
  test.each(spoilt)('makes a body %s', async (_name, what) => {
    emulated.troubles.add({ at: LIST, what });
    expect(await failureOf(listImages(cloud))).toBeInstanceOf(UnexpectedAnswerError);
  });

  test('cuts the connection before or after the work', async () => {
    const spec = { name: 'noble', diskFormat: 'raw', properties: {} };
    emulated.troubles.add({ at: 'POST /image/v2/images', times: 1, what: 'reset' });
    expect(await failureOf(createImage(cloud, spec))).toBeInstanceOf(CloudUnavailableError);
    expect(emulator.book().b.images).toEqual([]);
    emulated.troubles.add({ at: 'POST /image/v2/images', times: 1, what: 'lost answer' });
    expect(await failureOf(createImage(cloud, spec))).toBeInstanceOf(CloudUnavailableError);
    expect(emulator.book().b.images).toHaveLength(1);
  });

  test('hangs without an answer', async () => {
    emulated.troubles.add({ at: LIST, what: 'hang' });
    const hurried = await connections.connect('consumer', { apiTimeoutMs: 400 });
    expect(await failureOf(listImages(hurried))).toBeInstanceOf(CloudTimeoutError);
  });

  test('cuts an upload, which leaves the image queued', async () => {
    emulated.troubles.add({ at: 'PUT *', times: 1, what: { cutUpload: 50_000 } });
    expect(await failureOf(makeImage(randomBytes(100_000)))).toBeInstanceOf(CloudUnavailableError);
    expect(emulator.book().b.images.map(({ status }) => status)).toEqual(['queued']);
  });

  test('cuts a download where it says', async () => {
    const id = await makeImage(randomBytes(100_000));
    emulated.troubles.add({ at: 'GET *', times: 1, what: { cutDownload: 50_000 } });
    let got = 0;
    const stream = await openImageData(cloud, id, 0, signal);
    stream.on('data', (chunk: Buffer) => (got += chunk.length));
    await failureOf(buffer(stream));
    expect(got).toBeLessThanOrEqual(50_000);
  });

  test('slows image data down', async () => {
    emulated.troubles.add({ at: 'PUT *', what: { bytesPerSecond: 1_000_000 } });
    const began = performance.now();
    await makeImage(randomBytes(200_000));
    expect(performance.now() - began).toBeGreaterThan(150);
  });
});

describe('a cloud', () => {
  test('that is away refuses connections, and is back with all it had', async () => {
    const id = await makeImage(randomBytes(100));
    await emulated.stop();
    expect(await failureOf(listImages(cloud))).toBeInstanceOf(CloudUnavailableError);
    await emulated.start();
    expect(await findImage(cloud, id)).toMatchObject({ status: 'active' });
  });

  test('takes no token after all have expired, and gives new ones', async () => {
    await listImages(cloud);
    emulated.expireTokens();
    await listImages(cloud);
    expect(statuses()).toEqual([200, 401, 200]);
  });

  test('does something just before a request, once', async () => {
    await listImages(cloud);
    emulated.troubles.onNext(LIST, () => {
      emulated.expireTokens();
    });
    await listImages(cloud);
    await listImages(cloud);
    expect(statuses()).toEqual([200, 401, 200, 200]);
  });

  test('knows the new password only', async () => {
    emulated.setPassword('consumer', 'another');
    expect(await failureOf(listImages(cloud))).toBeInstanceOf(UnauthorizedError);
    const again = await connections.connect('consumer');
    expect(await listImages(again)).toEqual([]);
  });

  test('kills the image of the next upload', async () => {
    emulated.killNextUpload();
    expect(await failureOf(makeImage(randomBytes(10)))).toBeInstanceOf(CloudUnavailableError);
    expect(emulator.book().b.images.map(({ status }) => status)).toEqual(['killed']);
  });

  test('gives no more in one answer than its page size', async () => {
    for (const name of ['x', 'x', 'x']) emulated.addImage({ name, owner: 'consumer' });
    emulated.setPageSize(1);
    expect(await listImages(cloud, 'x')).toHaveLength(3);
    expect(statuses()).toHaveLength(4);
  });
});
