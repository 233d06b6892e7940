import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ActiveFault, FaultRule } from '../support/openstack/server/fault-injector.ts';
import {
  type ProgramRun,
  IMAGE,
  imageIdOf,
  listCompleteImages,
  listLeaks,
  useEmulator,
} from './program-on-emulator.ts';

const bench = useEmulator();

let first: Readonly<Record<'a' | 'b', readonly string[]>>;

beforeEach(() => {
  const data = Buffer.from('image of an earlier build');
  const properties = { image_builder_kind: 'runner' };
  for (const [cloud, owner] of [
    ['a', 'builder'],
    ['b', 'consumer'],
  ] as const) {
    bench.emulator.cloud(cloud).addImage({ name: IMAGE, owner, data, properties });
  }
  first = listCompleteImages(bench);
  expect([first.a, first.b].map((ids) => ids.length)).toEqual([1, 1]);
});

const injectFailure = (cloud: 'a' | 'b', what: FaultRule): ActiveFault =>
  bench.emulator.cloud(cloud).faults.add(what);

/** Expects the earlier images to exist and the failure to have left nothing behind. */
const expectNoHarm = (): void => {
  const now = listCompleteImages(bench);
  expect(now.a).toEqual(expect.arrayContaining([...first.a]));
  expect(now.b).toEqual(expect.arrayContaining([...first.b]));
  expect(listLeaks(bench)).toEqual([]);
};

const expectNewImages = ({ code, err }: ProgramRun): void => {
  expect(code === 0 ? '' : err).toBe('');
  const now = listCompleteImages(bench);
  expect([now.a.length, now.b.length]).toEqual([2, 2]);
  expectNoHarm();
};

const expectFailure = ({ code, json }: ProgramRun, exitCode: number, error: object): void => {
  expect(json['error']).toMatchObject({ ...error, leftovers: [] });
  expect(code).toBe(exitCode);
  const now = listCompleteImages(bench);
  expect([now.a.length, now.b.length]).toEqual([1, 1]);
  expectNoHarm();
};

const NOVA = '/compute/v2.1';
const GLANCE = '/image/v2';
const ACTION = `POST ${NOVA}/servers/:id/action`;

const MISSING = { status: 404, body: { itemNotFound: { code: 404, message: 'could not be found.' } } };
const NOT_READY = { status: 409, body: { conflictingRequest: { code: 409, message: 'is not ready' } } };
const KEY_PROBLEM = 'Keypair data is invalid: failed to generate fingerprint';
const BAD_KEY = { status: 400, body: { badRequest: { code: 400, message: KEY_PROBLEM } } };

describe('a build that meets a temporary failure', () => {
  // prettier-ignore
  const recoveries: readonly (readonly [string, 'a' | 'b', FaultRule])[] = [
    ['status 429 for a new server', 'a', { at: `POST ${NOVA}/servers`, times: 2, fault: { status: 429, retryAfter: 3 } }],
    ['status 503 while the server boots', 'a', { at: `GET ${NOVA}/servers/:id`, times: 3, fault: { status: 503 } }],
    ['slow responses of Nova', 'a', { at: `GET ${NOVA}/servers/:id`, times: 2, fault: { slow: 100 } }],
    ['an empty response about the server', 'a', { at: `GET ${NOVA}/servers/:id`, times: 2, fault: 'empty body' }],
    ["a proxy's page instead of the server", 'a', { at: `GET ${NOVA}/servers/:id`, times: 1, fault: { wrongBody: '<html>' } }],
    ['a server that an API server does not know yet', 'a', { at: `GET ${NOVA}/servers/:id`, times: 3, fault: MISSING }],
    ['a console that is not there yet', 'a', { at: ACTION, onlyBody: 'os-getConsoleOutput', times: 2, fault: NOT_READY }],
    ['an image that an API server does not know yet', 'b', { at: `GET ${GLANCE}/images/:id`, times: 2, fault: MISSING }],
    ['a Nova that refuses ed25519', 'a', { at: `POST ${NOVA}/os-keypairs`, onlyBody: 'ssh-ed25519', times: 1, fault: BAD_KEY }],
    ['a Nova that accepts only RSA', 'a', { at: `POST ${NOVA}/os-keypairs`, times: 2, fault: BAD_KEY }],
    ['status 502 for stopping the server', 'a', { at: ACTION, onlyBody: 'os-stop', times: 1, fault: { status: 502 } }],
    ['status 504 for renaming the image', 'a', { at: `PATCH ${GLANCE}/images/:id`, times: 1, fault: { status: 504 } }],
    ['an empty response to renaming the image', 'a', { at: `PATCH ${GLANCE}/images/:id`, times: 1, fault: 'empty body' }],
    ['a lost response to renaming the image', 'a', { at: `PATCH ${GLANCE}/images/:id`, times: 1, fault: 'lost answer' }],
    ['a hanging list of flavors', 'a', { at: `GET ${NOVA}/flavors/detail`, times: 1, fault: 'hang' }],
    ['a reset connection', 'a', { at: 'GET /network/v2.0/networks', times: 1, fault: 'reset' }],
    ['an interrupted upload', 'b', { at: `PUT ${GLANCE}/images/:id/file`, times: 1, fault: { cutUpload: 300_000 } }],
    ['an interrupted download', 'a', { at: `GET ${GLANCE}/images/:id/file`, times: 1, fault: { cutDownload: 200_000 } }],
    ['status 503 for an upload', 'b', { at: `PUT ${GLANCE}/images/:id/file`, times: 1, fault: { status: 503 } }],
    ['an upload that takes longer than the stall timeout', 'b', { at: `PUT ${GLANCE}/images/:id/file`, times: 1, fault: { bytesPerSecond: 300_000 } }],
    ['a busy Keystone', 'b', { at: 'POST /identity/v3/auth/tokens', times: 2, fault: { status: 503, retryAfter: 1 } }],
  ];
  test.each(recoveries)('a build succeeds despite %s', async (_name, cloud, what) => {
    const active = injectFailure(cloud, what);
    expectNewImages(await bench.build());
    expect(active.affectedCount()).toBe(what.times);
  });

  test('a build succeeds although its tokens expire', async () => {
    const { a, b } = { a: bench.emulator.cloud('a'), b: bench.emulator.cloud('b') };
    a.faults.onNext(`GET ${NOVA}/servers/:id`, () => {
      for (const cloud of [a, b]) cloud.expireTokens();
    });
    expectNewImages(await bench.build());
    expect(a.requests().filter(({ status }) => status === 401)).not.toEqual([]);
  });

  test('a build succeeds although the other cloud kills an upload', async () => {
    const cloud = bench.emulator.cloud('b');
    cloud.killNextUpload();
    expectNewImages(await bench.build());
    expect(cloud.state.killNextUpload).toBe(false);
  });

  test('a build succeeds when lists have many pages', async () => {
    for (const name of ['a', 'b'] as const) bench.emulator.cloud(name).setPageSize(1);
    expectNewImages(await bench.build());
    const lists = bench.emulator
      .cloud('a')
      .requests()
      .filter(({ route }) => route === `GET ${NOVA}/flavors/detail`);
    expect(lists.length).toBeGreaterThan(1);
  });

  test('the newest image is the built one when an older image has the same name', async () => {
    const data = Buffer.from('another one');
    const cloud = bench.emulator.cloud('a');
    const { id } = cloud.addImage({ name: IMAGE, owner: 'builder', data });
    for (const image of cloud.state.images.values()) {
      if (image.name === IMAGE) image['created_at'] = '2026-01-01T00:00:00Z';
    }
    const { code, json } = await bench.build(['--no-prune']);
    expect(code).toBe(0);
    const newest = await bench.run(['latest-build-id', IMAGE, '--os-cloud', 'builder']);
    expect(newest.json['image_id']).toBe(imageIdOf(json));
    expect(listCompleteImages(bench).a).toContain(id);
    expectNoHarm();
  });
});

describe('a build that fails', () => {
  test('a build fails with the reason of a server in ERROR', async () => {
    bench.emulator.cloud('a').failNextServer('No valid host was found.');
    expectFailure(await bench.build(), 5, {
      kind: 'build',
      type: 'ServerError',
      step: 'wait for server',
      message: expect.stringContaining('No valid host was found.'),
    });
  });

  test('a build fails when its image is killed', async () => {
    bench.emulator.cloud('a').killNextSnapshot();
    expectFailure(await bench.build(), 5, {
      type: 'UploadImageError',
      message: expect.stringContaining('not stored'),
    });
  });

  test('a build fails when the response to creating the server is lost, and the server is deleted', async () => {
    injectFailure('a', { at: `POST ${NOVA}/servers`, times: 1, fault: 'lost answer' });
    expectFailure(await bench.build(), 4, { kind: 'unavailable', step: 'create server' });
  });

  test('a build fails when the response to creating the image is lost, and the image is deleted', async () => {
    injectFailure('a', { at: ACTION, onlyBody: 'createImage', times: 1, fault: 'lost answer' });
    expectFailure(await bench.build(), 4, { kind: 'unavailable' });
  });

  test.each([
    ['an empty body', 'empty body'],
    ['a page of a proxy', { wrongBody: '<html>Welcome</html>' }],
    ['data of another shape', { wrongBody: { flavors: 'many' } }],
  ] as const)('a build fails when the list of flavors is %s', async (_name, what) => {
    injectFailure('a', { at: `GET ${NOVA}/flavors/detail`, fault: what });
    expectFailure(await bench.build(), 4, { step: 'choose flavor' });
  });

  test('a build fails when two networks have the configured name', async () => {
    bench.emulator.cloud('a').addNetwork('lab');
    expectFailure(await bench.build(), 2, { kind: 'input', message: expect.stringContaining('lab') });
  });

  test('a build fails when the password was changed', async () => {
    bench.emulator.cloud('a').setPassword('builder', 'another');
    expectFailure(await bench.build(), 3, { kind: 'denied' });
  });

  test('a build fails when the cloud never responds', async () => {
    injectFailure('a', { at: 'any', fault: 'hang' });
    const ended = await bench.build(['--api-timeout', '20']);
    expect(ended.code).toBe(4);
    expect(ended.err).toContain('--api-timeout');
  });
});

describe('an unreachable cloud', () => {
  test('an unreachable cloud does not affect the other clouds and gets its image later', async () => {
    await bench.emulator.cloud('b').stop();
    const { code, json } = await bench.build();
    expect(code).toBe(6);
    await bench.emulator.cloud('b').start();
    expectNoHarm();
    const now = listCompleteImages(bench);
    expect([now.a.length, now.b.length]).toEqual([2, 1]);
    const id = imageIdOf(json);
    const copied = await bench.run([
      'distribute',
      id,
      '--os-cloud',
      'builder',
      '--upload-clouds',
      'consumer',
    ]);
    expect(copied.code === 0 ? '' : copied.err).toBe('');
    expect(listCompleteImages(bench).b).toHaveLength(2);
    expectNoHarm();
  });
});
