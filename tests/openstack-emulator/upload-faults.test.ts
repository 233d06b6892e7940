import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { CloudUnavailableError } from '../../src/model/cloud/cloud-errors.ts';
import type { Cloud } from '../../src/openstack/cloud.ts';
import { uploadImageData } from '../../src/openstack/image-data.ts';
import { createImage, findImage } from '../../src/openstack/images.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { type Connections, openConnections } from '../support/openstack/connections.ts';
import { countArrivals } from '../support/openstack/count-arrivals.ts';
import type { EmulatedCloud } from '../support/openstack/emulated-cloud.ts';
import { type Emulator, startEmulator } from '../support/openstack/emulator.ts';
import { SkippingClock } from '../support/skipping-clock.ts';

const PUT = 'PUT /image/v2/images/:id/file';
const DATA = randomBytes(200_000);

let emulator: Emulator;
let connections: Connections;
let emulated: EmulatedCloud;
let cloud: Cloud;

beforeEach(async () => {
  emulator = await startEmulator({ clouds: 3 });
  connections = openConnections(emulator);
  emulated = emulator.cloud('c');
  cloud = await connections.connect('consumer-c', { clock: new SkippingClock() });
});

afterEach(async () => {
  await connections.close();
  await emulator.close();
});

const create = async (): Promise<string> =>
  (await createImage(cloud, { name: 'noble', diskFormat: 'raw', properties: {} })).id;
const upload = (id: string, signal = new AbortController().signal): Promise<unknown> =>
  uploadImageData(cloud, id, { source: Readable.from([DATA]), size: DATA.length, timeoutMs: 60_000 }, signal);
const images = () => [...emulated.state.images.values()];

describe('the fault of an upload', () => {
  test('An upload that stalls gets no response and leaves its image saving', async () => {
    emulated.faults.add({ at: PUT, fault: { stallUpload: 1000 } });
    const arrivals = countArrivals(emulated.faults, PUT);
    const stop = new AbortController();
    const failure = failureOf(upload(await create(), stop.signal));
    await arrivals.reach();
    await untilStatus('saving');
    stop.abort(new Error('stopped'));
    await failure;
    expect(images()).toMatchObject([{ status: 'saving', size: null }]);
  });

  test('A damaged upload is active with another hash and the same size', async () => {
    const id = await create();
    await upload(id);
    emulated.faults.add({ at: PUT, fault: 'damaged upload' });
    await upload(await create());
    const [whole, damaged] = images();
    expect(damaged).toMatchObject({ status: 'active', size: whole?.['size'] });
    expect(damaged?.['os_hash_value']).not.toBe(whole?.['os_hash_value']);
  });

  test('An upload that is held has arrived and is stored only after the promise has resolved', async () => {
    let release = (): void => undefined;
    emulated.faults.add({
      at: PUT,
      fault: { heldUntil: new Promise<void>((resolve) => (release = resolve)) },
    });
    const uploading = upload(await create());
    await untilStatus('saving');
    release();
    await uploading;
    expect(images()).toMatchObject([{ status: 'active' }]);
  });

  test('A load balancer that answers 504 does not prevent that the upload is stored', async () => {
    emulated.faults.add({ at: PUT, fault: { status: 504, isExecuted: true } });
    const id = await create();
    expect(await failureOf(upload(id))).toBeInstanceOf(CloudUnavailableError);
    await untilStatus('active');
    expect(emulated.requests()).toContainEqual({ route: PUT, status: 504 });
  });
});

describe('a cloud', () => {
  test.each([
    [['sha256', 'md5'], { os_hash_algo: 'sha256', checksum: expect.any(String) }],
    [['md5'], { os_hash_algo: null, os_hash_value: null, checksum: expect.any(String) }],
    [[], { os_hash_algo: null, os_hash_value: null, checksum: null }],
  ] as const)('A cloud with the hashes %j shows them at each image', async (kinds, shown) => {
    emulated.setHashes(...kinds);
    await upload(await create());
    expect(images()).toMatchObject([shown]);
  });

  test('A region of another Keystone accepts its tokens', async () => {
    emulator.cloud('a').addRegion(emulated.state);
    const { region } = emulated.state;
    const other = await connections.connect('builder', { access: (access) => ({ ...access, region }) });
    const { id } = await createImage(other, { name: 'noble', diskFormat: 'raw', properties: {} });
    expect(await findImage(other, id)).toMatchObject({ name: 'noble' });
    expect(images()).toMatchObject([{ id }]);
  });

  test('An emulator with two clouds has no entry for a third', async () => {
    const two = await startEmulator();
    expect(two.cloudsYaml()).not.toMatch('consumer-c');
    expect(() => two.cloud('c')).toThrow('expected cloud c to be started, got a, b');
    await two.close();
  });
});

async function untilStatus(status: string): Promise<void> {
  while (images()[0]?.status !== status) await new Promise((resolve) => setTimeout(resolve, 1));
}
