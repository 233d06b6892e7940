import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ForbiddenError, RejectedError } from '../../src/model/cloud/cloud-errors.ts';
import type { Cloud, CloudConnection } from '../../src/openstack/cloud.ts';
import { type Image, createImage, findImage } from '../../src/openstack/images.ts';
import {
  createVolume,
  createVolumeImage,
  deleteVolume,
  findVolume,
  listVolumes,
  setVolumeImageProperties,
} from '../../src/openstack/volumes.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import type { Emulator } from '../support/openstack/emulator.ts';
import { cinderRoutes } from '../support/openstack/cinder/cinder-routes.ts';
import { type Bench, connectBench } from './case-context.ts';
import { DOCUMENTED } from './documented.ts';
import { openEmulatorBench } from './emulator-bench.ts';
import { poll } from './poll.ts';
import { findUnrecorded, shapesOf } from './shapes.ts';

let bench: Bench;
let emulator: Emulator;
let connection: CloudConnection;
let cloud: Cloud;
let imageId: string;

beforeAll(async () => {
  bench = await openEmulatorBench((started) => {
    emulator = started;
    const openstack = started.cloud('a');
    openstack.addBlockStorage();
    const data = Buffer.from('the data of the image');
    const properties = { image_builder_kind: 'base', os_distro: 'ubuntu' };
    imageId = openstack.addImage({ name: 'base', owner: 'builder', data, properties }).id;
  });
  connection = await connectBench(bench, bench.access('builder'));
  cloud = connection.withSignal();
});
afterAll(async () => {
  await connection.close();
  await bench.close();
});

const spec = () => ({ name: 'v', size: 20, imageId, metadata: { a: 'b' } });

/** Waits until the volume has this status. */
const waitFor = (id: string, status: string): Promise<true> =>
  poll(`volume ${id} to be ${status}`, 10, async () =>
    (await findVolume(cloud, id))?.status === status ? true : undefined,
  );

/** Creates a volume and waits until it is available. */
async function makeVolume(): Promise<string> {
  const id = await createVolume(cloud, spec());
  await waitFor(id, 'available');
  return id;
}

describe('the documented behaviour of Cinder, which no real OpenStack has confirmed', () => {
  test('createVolume: a volume is creating, then available, has its metadata, and is visible only to its project', async () => {
    const id = await createVolume(cloud, spec());
    expect(await findVolume(cloud, id)).toMatchObject({ name: 'v', metadata: { a: 'b' } });
    await waitFor(id, 'available');
    expect((await listVolumes(cloud)).map((volume) => volume.id)).toContain(id);
    const other = await connectBench(bench, bench.access('neighbour'));
    expect(await findVolume(other.withSignal(), id)).toBeUndefined();
    expect(await listVolumes(other.withSignal())).toEqual([]);
    await other.close();
  });

  test('listVolumes: the creation times of volumes are in UTC', async () => {
    await makeVolume();
    const [volume] = await listVolumes(cloud);
    expect(volume?.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(Date.now() - Date.parse(volume?.createdAt ?? '')).toBeLessThan(60_000);
  });

  test('createVolume: a missing image, an image without data and a size below its minimum cause a RejectedError', async () => {
    const empty = await createImage(cloud, { name: 'e', diskFormat: 'qcow2', properties: {} });
    const large = emulator.cloud('a').addImage({ name: 'l', owner: 'builder', data: Buffer.from('x') });
    large['min_disk'] = 21;
    for (const id of [randomUUID(), empty.id, large.id]) {
      await expect(createVolume(cloud, { ...spec(), imageId: id })).rejects.toThrow(RejectedError);
    }
  });

  test('createVolume: an exhausted quota causes a ForbiddenError', async () => {
    const { state } = emulator.cloud('a');
    const { volumeQuota } = state;
    state.volumeQuota = 0;
    const error = await failureOf(createVolume(cloud, spec()));
    state.volumeQuota = volumeQuota;
    expect(error).toBeInstanceOf(ForbiddenError);
    expect(error.message).toContain('VolumeLimitExceeded');
  });

  test('createVolumeImage: a detached volume becomes a private qcow2 image with the properties that were set', async () => {
    const id = await makeVolume();
    await setVolumeImageProperties(cloud, id, { image_builder_kind: 'runner' });
    const made = await createVolumeImage(cloud, id, 'new');
    const image = await poll('image to be active', 10, async (): Promise<Image | undefined> => {
      const found = await findImage(cloud, made);
      return found?.status === 'active' ? found : undefined;
    });
    expect(image).toMatchObject({ name: 'new', visibility: 'private', diskFormat: 'qcow2' });
    expect(image.properties).toMatchObject({ image_builder_kind: 'runner', os_distro: 'ubuntu' });
    await waitFor(id, 'available');
  });

  test.each(['in-use', 'uploading', 'downloading'])(
    'deleteVolume, createVolumeImage: a volume that is %s causes a RejectedError',
    async (status) => {
      const id = await makeVolume();
      const record = emulator.cloud('a').state.volumes.get(id);
      if (record !== undefined) record.shown.status = status;
      await expect(createVolumeImage(cloud, id, 'x')).rejects.toThrow(RejectedError);
      await expect(deleteVolume(cloud, id)).rejects.toThrow(RejectedError);
    },
  );

  test('createVolumeImage: a missing volume causes a NotFoundError', async () => {
    await expect(createVolumeImage(cloud, randomUUID(), 'x')).rejects.toMatchObject({
      name: 'NotFoundError',
    });
  });

  test('deleteVolume: a volume is gone after its deletion, and deleting it again succeeds', async () => {
    const id = await makeVolume();
    await deleteVolume(cloud, id);
    await poll('volume to be gone', 10, async () =>
      (await findVolume(cloud, id)) === undefined ? true : undefined,
    );
    await deleteVolume(cloud, id);
  });

  test('Every answer of the emulated Cinder has a documented shape, and every route was used', () => {
    const exchanges = bench.exchanges.filter(({ route }) => route.includes(' /volume/'));
    expect(findUnrecorded(shapesOf(exchanges), DOCUMENTED)).toEqual([]);
    const used = new Set(exchanges.map(({ route }) => route));
    expect(cinderRoutes.map(({ route }) => route).filter((route) => !used.has(route))).toEqual([]);
    const answered = shapesOf(exchanges);
    expect([...DOCUMENTED.keys()].filter((call) => !answered.has(call))).toEqual([]);
  });
});
