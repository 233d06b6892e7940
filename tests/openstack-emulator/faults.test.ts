import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  CloudTimeoutError,
  CloudUnavailableError,
  UnauthorizedError,
  UnexpectedAnswerError,
} from '../../src/model/cloud/cloud-errors.ts';
import type { Cloud } from '../../src/openstack/cloud.ts';
import { openImageData, uploadImageData } from '../../src/openstack/image-data.ts';
import { createImage, findImage, listImages } from '../../src/openstack/images.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { SkippingClock } from '../support/skipping-clock.ts';
import { type Connections, openConnections } from '../support/openstack/connections.ts';
import type { EmulatedCloud } from '../support/openstack/emulated-cloud.ts';
import { type Emulator, startEmulator } from '../support/openstack/emulator.ts';
import type { Fault } from '../support/openstack/server/fault-injector.ts';

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
  cloud = await connections.connect('consumer', { clock: new SkippingClock() });
});

afterEach(async () => {
  await connections.close();
  await emulator.close();
});

const statuses = (): readonly number[] =>
  emulated.requests().flatMap(({ route, status }) => (route === LIST ? [status] : []));

async function makeImage(data: Buffer): Promise<string> {
  const { id } = await createImage(cloud, { name: 'noble', diskFormat: 'raw', properties: {} });
  await uploadImageData(
    cloud,
    id,
    { source: Readable.from([data]), size: data.length, timeoutMs: 60_000 },
    signal,
  );
  return id;
}

describe('injected fault', () => {
  test('A fault with after 1 and times 2 affects the second and the third request', async () => {
    emulated.faults.add({ at: LIST, after: 1, times: 2, fault: { status: 503 } });
    await listImages(cloud);
    await listImages(cloud);
    await listImages(cloud);
    expect(statuses()).toEqual([200, 503, 503, 200, 200]);
  });

  test('A fault that is taken back affects no request', async () => {
    const fault = emulated.faults.add({ at: 'any', fault: { status: 500 } });
    fault.takeBack();
    expect(await listImages(cloud)).toEqual([]);
    expect(statuses()).toEqual([200]);
  });

  test.each(['GET /image/*', 'GET */images', LIST, '*'])(
    'The pattern %s matches a list of images',
    async (at) => {
      await listImages(cloud);
      emulated.faults.add({ at, times: 1, fault: { status: 502 } });
      await listImages(cloud);
      expect(statuses()).toEqual([200, 502, 200]);
    },
  );

  test.each(['POST /image/*', '/image/v2/images', 'GET /image/v2/images/*'])(
    'The pattern %s does not match a list of images',
    async (at) => {
      emulated.faults.add({ at, fault: { status: 502 } });
      await listImages(cloud);
      expect(statuses()).toEqual([200]);
    },
  );

  test('A fault with onlyBody affects only requests whose body contains the text', async () => {
    emulated.faults.add({ at: 'POST *', onlyBody: 'jammy', fault: { status: 400 } });
    const spec = { diskFormat: 'raw', properties: {} };
    await createImage(cloud, { ...spec, name: 'noble' });
    expect(await failureOf(createImage(cloud, { ...spec, name: 'jammy' }))).toBeInstanceOf(Error);
    expect(emulator.inventory().b.images.map(({ name }) => name)).toEqual(['noble']);
  });

  const wrongBodies: readonly (readonly [string, Fault])[] = [
    ['an empty body', 'empty body'],
    ['an HTML page', { wrongBody: '<html>Welcome</html>' }],
    ['a body of the wrong type', { wrongBody: { images: 'many' } }],
  ];
  test.each(wrongBodies)('A fault can replace the response with %s', async (_name, what) => {
    emulated.faults.add({ at: LIST, fault: what });
    expect(await failureOf(listImages(cloud))).toBeInstanceOf(UnexpectedAnswerError);
  });

  test('A reset closes the connection before the request is executed, a lost answer closes it after', async () => {
    const spec = { name: 'noble', diskFormat: 'raw', properties: {} };
    emulated.faults.add({ at: 'POST /image/v2/images', times: 1, fault: 'reset' });
    expect(await failureOf(createImage(cloud, spec))).toBeInstanceOf(CloudUnavailableError);
    expect(emulator.inventory().b.images).toEqual([]);
    emulated.faults.add({ at: 'POST /image/v2/images', times: 1, fault: 'lost answer' });
    expect(await failureOf(createImage(cloud, spec))).toBeInstanceOf(CloudUnavailableError);
    expect(emulator.inventory().b.images).toHaveLength(1);
  });

  test('A request that hangs receives no response', async () => {
    emulated.faults.add({ at: LIST, fault: 'hang' });
    const hurried = await connections.connect('consumer', { apiTimeoutMs: 400 });
    expect(await failureOf(listImages(hurried))).toBeInstanceOf(CloudTimeoutError);
  });

  test('An upload that is cut off leaves the image queued', async () => {
    emulated.faults.add({ at: 'PUT *', times: 1, fault: { cutUpload: 50_000 } });
    expect(await failureOf(makeImage(randomBytes(100_000)))).toBeInstanceOf(CloudUnavailableError);
    expect(emulator.inventory().b.images.map(({ status }) => status)).toEqual(['queued']);
  });

  test('A download is cut off after the given number of bytes', async () => {
    const id = await makeImage(randomBytes(100_000));
    emulated.faults.add({ at: 'GET *', times: 1, fault: { cutDownload: 50_000 } });
    let received = 0;
    const stream = await openImageData(cloud, id, 0, signal);
    stream.on('data', (chunk: Buffer) => (received += chunk.length));
    await failureOf(buffer(stream));
    expect(received).toBeLessThanOrEqual(50_000);
  });

  test('A fault with bytesPerSecond slows image data down', async () => {
    emulated.faults.add({ at: 'PUT *', fault: { bytesPerSecond: 1_000_000 } });
    const began = performance.now();
    await makeImage(randomBytes(200_000));
    expect(performance.now() - began).toBeGreaterThan(150);
  });
});

describe('emulated cloud', () => {
  test('A stopped cloud refuses connections and keeps its state until it starts again', async () => {
    const id = await makeImage(randomBytes(100));
    await emulated.stop();
    expect(await failureOf(listImages(cloud))).toBeInstanceOf(CloudUnavailableError);
    await emulated.start();
    expect(await findImage(cloud, id)).toMatchObject({ status: 'active' });
  });

  test('A cloud rejects expired tokens and issues new ones', async () => {
    await listImages(cloud);
    emulated.expireTokens();
    await listImages(cloud);
    expect(statuses()).toEqual([200, 401, 200]);
  });

  test('A function passed to onNext runs once, before the next matching request', async () => {
    await listImages(cloud);
    emulated.faults.onNext(LIST, () => {
      emulated.expireTokens();
    });
    await listImages(cloud);
    await listImages(cloud);
    expect(statuses()).toEqual([200, 401, 200, 200]);
  });

  test('A cloud accepts only the new password after setPassword', async () => {
    emulated.setPassword('consumer', 'another');
    expect(await failureOf(listImages(cloud))).toBeInstanceOf(UnauthorizedError);
    const again = await connections.connect('consumer');
    expect(await listImages(again)).toEqual([]);
  });

  test('An upload after killNextUpload fails and leaves its image killed', async () => {
    emulated.killNextUpload();
    expect(await failureOf(makeImage(randomBytes(10)))).toBeInstanceOf(CloudUnavailableError);
    expect(emulator.inventory().b.images.map(({ status }) => status)).toEqual(['killed']);
  });

  test('A list response contains at most as many elements as the page size', async () => {
    for (const name of ['x', 'x', 'x']) emulated.addImage({ name, owner: 'consumer' });
    emulated.setPageSize(1);
    expect(await listImages(cloud, 'x')).toHaveLength(3);
    expect(statuses()).toHaveLength(4);
  });
});
