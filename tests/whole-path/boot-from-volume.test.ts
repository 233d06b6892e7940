import { beforeEach, describe, expect, test } from '@jest/globals';
import type { FaultRule } from '../support/openstack/server/fault-injector.ts';
import {
  type ProgramRun,
  IMAGE,
  imageIdOf,
  listCompleteImages,
  listLeaks,
  useEmulator,
} from './program-on-emulator.ts';

const bench = useEmulator();
const cloudA = () => bench.emulator.cloud('a');

const build = (more: readonly string[] = [], signal?: AbortSignal): Promise<ProgramRun> =>
  bench.build(['--flavor', 'lab.diskless', ...more], signal);

const CINDER = '/volume/v3/:project/volumes';
const FORBIDDEN = { forbidden: { code: 403, message: 'not allowed' } };
const BUSY = { badRequest: { code: 400, message: 'the volume is busy' } };
const ACTION = `POST ${CINDER}/:id/action`;

describe('a build with a flavor without a disk', () => {
  beforeEach(() => cloudA().addBlockStorage());

  test('A build with a flavor without a disk boots from a volume and makes its image of the detached volume', async () => {
    const { code, err, json } = await build(['--image-property', 'hw_disk_bus=scsi']);
    expect(code === 0 ? '' : err).toBe('');
    const steps = (json['steps'] as readonly { readonly name: string }[]).map(({ name }) => name);
    expect(steps.filter((name) => /volume|server|image|storage/.test(name))).toEqual([
      'find block storage',
      'prepare base image',
      'create volume',
      'wait for volume',
      'create server',
      'wait for server',
      'stop server',
      'detach volume',
      'create image',
      'wait for image',
      'name image',
      'undo create server',
      'undo create volume',
      'read image',
      'copy image to consumer',
    ]);
    expect(listLeaks(bench)).toEqual([]);
    expect(
      cloudA()
        .requests()
        .filter(({ route }) => route.includes('createImage')),
    ).toEqual([]);
  });

  test('The image of a volume has the owner, the properties and the data of an image of a server', async () => {
    const { json } = await build(['--image-property', 'hw_disk_bus=scsi']);
    const { state } = cloudA();
    const id = imageIdOf(json);
    expect(state.images.get(id)).toMatchObject({
      name: IMAGE,
      status: 'active',
      visibility: 'private',
      disk_format: 'qcow2',
      image_builder_kind: 'runner',
      image_builder_image_name: IMAGE,
      architecture: 'x86_64',
      hw_disk_bus: 'scsi',
    });
    const dataOf = (imageId = ''): Buffer | undefined => state.imageData.get(imageId);
    const base = [...state.images.values()].find((image) => image['image_builder_kind'] === 'base');
    expect(dataOf(id)?.subarray(0, dataOf(base?.id)?.length)).toEqual(dataOf(base?.id));
    expect(dataOf(id)?.length).toBeGreaterThan(dataOf(base?.id)?.length ?? Infinity);
    const [copy = ''] = listCompleteImages(bench).b;
    expect(bench.emulator.cloud('b').state.imageData.get(copy)).toEqual(dataOf(id));
  });

  // prettier-ignore
  const failures: readonly (readonly [string, FaultRule])[] = [
    ['the list of volumes', { at: `GET ${CINDER}/detail`, fault: { status: 403, body: FORBIDDEN } }],
    ['the creation of the volume', { at: `POST ${CINDER}`, fault: { status: 413, body: { overLimit: { code: 413, message: 'too many volumes' } } } }],
    ['a lost response to the creation of the volume', { at: `POST ${CINDER}`, times: 1, fault: 'lost answer' }],
    ['an empty response to the creation of the volume', { at: `POST ${CINDER}`, times: 1, fault: 'empty body' }],
    ['the properties of its images', { at: ACTION, onlyBody: 'os-set_image_metadata', fault: { status: 403, body: FORBIDDEN } }],
    ['the image of the volume', { at: ACTION, onlyBody: 'os-volume_upload_image', fault: { status: 400, body: BUSY } }],
    ['a lost response to the image of the volume', { at: ACTION, onlyBody: 'os-volume_upload_image', times: 1, fault: 'lost answer' }],
    ['the name of the image', { at: 'PATCH /image/v2/images/:id', fault: { status: 403, body: FORBIDDEN } }],
    ['the server', { at: 'POST /compute/v2.1/servers', fault: { status: 400, body: BUSY } }],
  ];
  test.each(failures)('A build whose request fails at %s leaves nothing behind', async (_name, fault) => {
    const active = cloudA().faults.add(fault);
    const { code, json } = await build();
    expect([code === 0, json['error']]).toMatchObject([false, { leftovers: [] }]);
    expect(active.affectedCount()).toBeGreaterThan(0);
    expect(listLeaks(bench)).toEqual([]);
  });

  test('A volume that ends in error fails the build and is deleted', async () => {
    cloudA().failNextVolume();
    const { code, json } = await build();
    expect(code).not.toBe(0);
    expect(json['error']).toMatchObject({
      message: expect.stringContaining('has the status error'),
    });
    expect(listLeaks(bench)).toEqual([]);
  });

  test('An image that Cinder gives up fails the build and is deleted', async () => {
    cloudA().failNextVolumeUpload();
    const { code, json } = await build();
    expect(code).not.toBe(0);
    expect(json['error']).toMatchObject({ message: expect.stringContaining('Cinder gave up') });
    expect(listLeaks(bench)).toEqual([]);
  });

  test('A volume whose deletion is refused at first is deleted later', async () => {
    const refused = cloudA().faults.add({
      at: `DELETE ${CINDER}/:id`,
      times: 2,
      fault: { status: 400, body: BUSY },
    });
    const { code, json } = await build();
    expect([code, json['warnings'] ?? []]).toEqual([0, []]);
    expect([refused.affectedCount(), listLeaks(bench)]).toEqual([2, []]);
  });

  test('An unfinished image of a volume has the owner from its creation, not that of the base image', async () => {
    let unfinished: Readonly<Record<string, unknown>> = {};
    cloudA().faults.onNext('PATCH /image/v2/images/:id', () => {
      const images = [...cloudA().state.images.values()];
      unfinished = { ...images.find(({ name }) => name.includes('.building-')) };
    });
    const { code } = await build();
    expect(code).toBe(0);
    expect(unfinished).toMatchObject({ status: 'active', image_builder_kind: 'runner' });
    expect(unfinished['name']).toBe(`${IMAGE}.building-${String(unfinished['image_builder_build_id'])}`);
  });

  test('A server that is kept after a failure keeps its volume', async () => {
    cloudA().state.guests?.failPart('users', 3, ['no group lxd']);
    const { code } = await build(['--keep-on-failure']);
    expect(code).not.toBe(0);
    const { servers, volumes } = bench.emulator.inventory().a;
    expect([servers.length, volumes.map(({ status }) => status)]).toEqual([1, ['in-use']]);
  });

  test('A server that ends in ERROR leaves no volume', async () => {
    cloudA().failNextServer('No valid host was found');
    const { code } = await build();
    expect([code === 0, listLeaks(bench)]).toEqual([false, []]);
  });

  test.each([
    ['the volume is made', `GET ${CINDER}/:id`],
    ['the server boots', 'GET /compute/v2.1/servers/:id'],
    ['the image is made', ACTION],
  ])('A build that is stopped while %s leaves nothing behind', async (_name, at) => {
    const stop = new AbortController();
    cloudA().faults.onNext(at, () => stop.abort());
    const { code } = await build([], stop.signal);
    expect([code === 0, listLeaks(bench), listCompleteImages(bench)]).toEqual([false, [], { a: [], b: [] }]);
  });
});

describe('a cloud without block storage', () => {
  test('A flavor without a disk is refused before anything is created, with the way out', async () => {
    cloudA().addBlockStorage();
    cloudA().state.hasBlockStorage = false;
    const { code, json } = await build();
    expect(code).not.toBe(0);
    expect(json['error']).toMatchObject({
      step: 'find block storage',
      message: expect.stringMatching(
        /--flavor: servers of the flavor lab\.diskless, which has no disk, boot from volumes, but .*block-storage.*; choose a flavor with a disk/,
      ),
    });
    expect(listLeaks(bench)).toEqual([]);
  });
});
