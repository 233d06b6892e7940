import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { openImageData, uploadImageData } from '../../src/openstack/image-data.ts';
import { createImage, findImage, listImages } from '../../src/openstack/images.ts';
import { type Emulator, startEmulator } from '../support/openstack/emulator.ts';
import { type Connections, openConnections } from '../support/openstack/connections.ts';

let emulator: Emulator;
let connections: Connections;

beforeEach(async () => {
  emulator = await startEmulator();
  connections = openConnections(emulator);
});

afterEach(async () => {
  await connections.close();
  await emulator.close();
});

const signal = new AbortController().signal;
const spec = { name: 'noble', diskFormat: 'qcow2', properties: { image_builder_application: 'app' } };

test('An uploaded image is active and listed, and its data can be downloaded', async () => {
  const cloud = await connections.connect('consumer');
  const data = randomBytes(100_000);
  const { id } = await createImage(cloud, spec);
  await uploadImageData(
    cloud,
    id,
    { source: Readable.from([data]), size: data.length, timeoutMs: 60_000 },
    signal,
  );
  expect(await findImage(cloud, id)).toMatchObject({ status: 'active', size: data.length });
  expect((await listImages(cloud, 'noble')).map((image) => image.id)).toEqual([id]);
  const read = await buffer(await openImageData(cloud, id, 10, signal));
  expect(read.equals(data.subarray(10))).toBe(true);
});

test('Every entry of the clouds.yaml of the emulator can log in', async () => {
  for (const name of ['builder', 'builder-appcred', 'neighbour', 'consumer', 'neighbour-b']) {
    const cloud = await connections.connect(name);
    expect(await cloud.projectId()).toMatch(/^[0-9a-f]{32}$/);
  }
});

test('The inventory of the emulator names the owner of every image', async () => {
  const cloud = await connections.connect('consumer');
  await createImage(cloud, spec);
  expect(emulator.inventory().b.images).toEqual([
    { id: expect.any(String), name: 'noble', status: 'queued', owner: 'consumer' },
  ]);
});
