import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ActiveTrouble, Trouble } from '../support/openstack/troubles.ts';
import { type Ended, IMAGE, imageIdOf, listGood, listLeaks, useBench } from './program-on-emulator.ts';

const bench = useBench();

let first: Readonly<Record<'a' | 'b', readonly string[]>>;

beforeEach(() => {
  const data = Buffer.from('what an earlier build made');
  const properties = { image_builder_kind: 'runner' };
  for (const [cloud, owner] of [
    ['a', 'builder'],
    ['b', 'consumer'],
  ] as const) {
    bench.emulator.cloud(cloud).addImage({ name: IMAGE, owner, data, properties });
  }
  first = listGood(bench);
  expect([first.a, first.b].map((ids) => ids.length)).toEqual([1, 1]);
});

const trouble = (cloud: 'a' | 'b', what: Trouble): ActiveTrouble =>
  bench.emulator.cloud(cloud).troubles.add(what);

/** Whatever happened: the image that was good is there, and nothing is left of what failed. */
const expectNoHarm = (): void => {
  const now = listGood(bench);
  expect(now.a).toEqual(expect.arrayContaining([...first.a]));
  expect(now.b).toEqual(expect.arrayContaining([...first.b]));
  expect(listLeaks(bench)).toEqual([]);
};

const expectNewImages = ({ code, err }: Ended): void => {
  expect(code === 0 ? '' : err).toBe('');
  const now = listGood(bench);
  expect([now.a.length, now.b.length]).toEqual([2, 2]);
  expectNoHarm();
};

const expectFailure = ({ code, json }: Ended, exitCode: number, error: object): void => {
  expect(json['error']).toMatchObject({ ...error, leftovers: [] });
  expect(code).toBe(exitCode);
  const now = listGood(bench);
  expect([now.a.length, now.b.length]).toEqual([1, 1]);
  expectNoHarm();
};

const NOVA = '/compute/v2.1';
const GLANCE = '/image/v2';
const ACTION = `POST ${NOVA}/servers/:id/action`;

describe('a build comes through', () => {
  // prettier-ignore
  const recoveries: readonly (readonly [string, 'a' | 'b', Trouble])[] = [
    ['429 to a new server', 'a', { at: `POST ${NOVA}/servers`, times: 2, what: { status: 429, retryAfter: 3 } }],
    ['503 while its server boots', 'a', { at: `GET ${NOVA}/servers/:id`, times: 3, what: { status: 503 } }],
    ['a slow Nova', 'a', { at: `GET ${NOVA}/servers/:id`, times: 2, what: { slow: 100 } }],
    ['an empty body about its server', 'a', { at: `GET ${NOVA}/servers/:id`, times: 2, what: 'empty body' }],
    ["a proxy's page about its server", 'a', { at: `GET ${NOVA}/servers/:id`, times: 1, what: { wrongBody: '<html>' } }],
    ['502 at the stop of its server', 'a', { at: ACTION, onlyBody: 'os-stop', times: 1, what: { status: 502 } }],
    ['504 at the name of its image', 'a', { at: `PATCH ${GLANCE}/images/:id`, times: 1, what: { status: 504 } }],
    ['an empty body at the name of its image', 'a', { at: `PATCH ${GLANCE}/images/:id`, times: 1, what: 'empty body' }],
    ['a lost answer to the name of its image', 'a', { at: `PATCH ${GLANCE}/images/:id`, times: 1, what: 'lost answer' }],
    ['a hung socket at the list of flavors', 'a', { at: `GET ${NOVA}/flavors/detail`, times: 1, what: 'hang' }],
    ['a connection that is cut', 'a', { at: 'GET /network/v2.0/networks', times: 1, what: 'reset' }],
    ['an upload that is cut', 'b', { at: `PUT ${GLANCE}/images/:id/file`, times: 1, what: { cutUpload: 300_000 } }],
    ['a download that is cut', 'a', { at: `GET ${GLANCE}/images/:id/file`, times: 1, after: 1, what: { cutDownload: 200_000 } }],
    ['503 to an upload', 'b', { at: `PUT ${GLANCE}/images/:id/file`, times: 1, what: { status: 503 } }],
    ['an upload that is slower than the longest standstill', 'b', { at: `PUT ${GLANCE}/images/:id/file`, times: 1, what: { bytesPerSecond: 300_000 } }],
    ['a Keystone that is busy', 'b', { at: 'POST /identity/v3/auth/tokens', times: 2, what: { status: 503, retryAfter: 1 } }],
  ];
  test.each(recoveries)('%s', async (_name, cloud, what) => {
    const active = trouble(cloud, what);
    expectNewImages(await bench.build());
    expect(active.met()).toBe(what.times);
  });

  test('tokens that expire in the middle', async () => {
    const { a, b } = { a: bench.emulator.cloud('a'), b: bench.emulator.cloud('b') };
    a.troubles.onNext(`GET ${NOVA}/servers/:id`, () => {
      for (const cloud of [a, b]) cloud.expireTokens();
    });
    expectNewImages(await bench.build());
    expect(a.requests().filter(({ status }) => status === 401)).not.toEqual([]);
  });

  test('an upload that the other cloud kills', async () => {
    const cloud = bench.emulator.cloud('b');
    cloud.killNextUpload();
    expectNewImages(await bench.build());
    expect(cloud.state.killNextUpload).toBe(false);
  });

  test('lists of many pages', async () => {
    for (const name of ['a', 'b'] as const) bench.emulator.cloud(name).setPageSize(1);
    expectNewImages(await bench.build());
    const lists = bench.emulator
      .cloud('a')
      .requests()
      .filter(({ route }) => route === `GET ${NOVA}/flavors/detail`);
    expect(lists.length).toBeGreaterThan(1);
  });

  test('another image of its name, which is older: the newest is the one that was built', async () => {
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
    expect(listGood(bench).a).toContain(id);
    expectNoHarm();
  });
});

describe('a build fails with a reason', () => {
  test('when its server goes into ERROR', async () => {
    bench.emulator.cloud('a').failNextServer('No valid host was found.');
    expectFailure(await bench.build(), 5, {
      kind: 'build',
      type: 'ServerError',
      step: 'wait for server',
      message: expect.stringContaining('No valid host was found.'),
    });
  });

  test('when its image is killed', async () => {
    bench.emulator.cloud('a').killNextSnapshot();
    expectFailure(await bench.build(), 5, {
      type: 'UploadImageError',
      message: expect.stringContaining('not stored'),
    });
  });

  test('when the answer to its new server is lost, and that server goes', async () => {
    trouble('a', { at: `POST ${NOVA}/servers`, times: 1, what: 'lost answer' });
    expectFailure(await bench.build(), 4, { kind: 'unavailable', step: 'create server' });
  });

  test('when the answer to its new image is lost, and that image goes', async () => {
    trouble('a', { at: ACTION, onlyBody: 'createImage', times: 1, what: 'lost answer' });
    expectFailure(await bench.build(), 4, { kind: 'unavailable' });
  });

  test.each([
    ['an empty body', 'empty body'],
    ['a page of a proxy', { wrongBody: '<html>Welcome</html>' }],
    ['another shape', { wrongBody: { flavors: 'many' } }],
  ] as const)('when the list of flavors is %s', async (_name, what) => {
    trouble('a', { at: `GET ${NOVA}/flavors/detail`, what });
    expectFailure(await bench.build(), 4, { step: 'choose flavor' });
  });

  test('when two networks have the name that it is to use', async () => {
    bench.emulator.cloud('a').addNetwork('lab');
    expectFailure(await bench.build(), 2, { kind: 'input', message: expect.stringContaining('lab') });
  });

  test('when the password is no longer right', async () => {
    bench.emulator.cloud('a').setPassword('builder', 'another');
    expectFailure(await bench.build(), 3, { kind: 'denied' });
  });

  test('when the cloud does not answer at all', async () => {
    trouble('a', { at: 'any', what: 'hang' });
    const ended = await bench.build(['--api-timeout', '20']);
    expect(ended.code).toBe(4);
    expect(ended.err).toContain('--api-timeout');
  });
});

describe('a cloud that is away', () => {
  test('costs no other cloud its image, and gets its own when it is back', async () => {
    await bench.emulator.cloud('b').stop();
    const { code, json } = await bench.build();
    expect(code).toBe(6);
    await bench.emulator.cloud('b').start();
    expectNoHarm();
    const now = listGood(bench);
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
    expect(listGood(bench).b).toHaveLength(2);
    expectNoHarm();
  });
});
