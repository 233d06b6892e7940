import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { distributeAndPrune } from '../../../src/image-builder/distribute/distribute-and-prune.ts';
import { QCOW2_MAGIC } from '../../../src/model/image/disk-format.ts';
import { InputError } from '../../../src/model/errors.ts';
import { OWNER_KEYS } from '../../../src/model/owner.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { CREATE, DELETE, GET, PUT, TOKENS } from '../open-store.ts';
import { DATA, request, waitForCopies, useDistribution } from './use-distribution.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const { addSource, at, makeTools, retryUntilEnd, send } = useDistribution();

describe('copies to several clouds', () => {
  test('Every cloud gets the complete image, and the results have the order of the request', async () => {
    const made = makeTools();
    at.b.disturb(PUT, { heldUntil: waitForCopies(made, 'c', 'd') }); // the first in the request ends last
    const results = await send(made, 'b', 'd', 'c');
    expect(results.map(({ cloud, outcome, attempts }) => [cloud, outcome, attempts])).toEqual([
      ['b', 'copied', 1],
      ['d', 'copied', 1],
      ['c', 'copied', 1],
    ]);
    for (const store of [at.b, at.c, at.d]) {
      expect(store.data()?.equals(DATA)).toBe(true);
      expect(store.unfinished()).toEqual([]);
    }
    expect(made.warnings).toEqual([]);
  });

  test('The image is read once for all clouds', async () => {
    await send(makeTools(), 'b', 'c', 'd');
    expect(at.source.seen(GET)).toHaveLength(1);
    expect(at.source.openstack.sentBytes()).toBeLessThanOrEqual(2 * DATA.length);
  });

  test('The detection of the disk format does not download the whole image', async () => {
    const large = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(32 * 1024 * 1024)]);
    addSource(large, { os_hash_algo: null, os_hash_value: null, checksum: null });
    at.b.disturb('GET /image/v2/images', { status: 403 });
    await send(makeTools(), 'b');
    expect(at.source.openstack.sentBytes()).toBeLessThan(large.length / 2);
  });

  test('A copy keeps the requirements and the owner of its source, but not its published mark or process', async () => {
    addSource(DATA, {
      min_disk: 20,
      min_ram: 512,
      architecture: 'aarch64',
      hw_firmware_type: 'uefi',
      [OWNER_KEYS.application]: 'builder',
      [OWNER_KEYS.buildId]: 'b0',
      [OWNER_KEYS.process]: 'gone',
      [OWNER_KEYS.published]: 'true',
      [OWNER_KEYS.source]: 'i0',
    });
    let atUpload: readonly object[] = [];
    at.b.openstack.faults.onNext(PUT, () => (atUpload = at.b.unfinished().map((image) => ({ ...image }))));
    await send(makeTools(), 'b');
    expect(atUpload).toMatchObject([{ name: 'noble.building-b1', min_disk: 20, min_ram: 512 }]);
    expect(at.b.named()[0]).toMatchObject({
      name: 'noble',
      disk_format: 'qcow2',
      min_disk: 20,
      architecture: 'aarch64',
      hw_firmware_type: 'uefi',
      [OWNER_KEYS.application]: 'builder',
      [OWNER_KEYS.buildId]: 'b0',
      [OWNER_KEYS.process]: 'own',
      [OWNER_KEYS.source]: uuidOf('i1'),
    });
    expect(at.b.named()[0]).not.toHaveProperty(OWNER_KEYS.published);
  });

  test('A raw image that is labelled qcow2 is raw in the destination', async () => {
    addSource(Buffer.alloc(100_000, 1));
    await send(makeTools(), 'b');
    expect(at.b.named()[0]).toMatchObject({ disk_format: 'raw' });
  });

  test('No data is transferred into the project of the source', async () => {
    at.alias('again', 'builder');
    const results = await send(makeTools(), 'again', 'b');
    expect(results).toMatchObject([
      { cloud: 'again', outcome: 'itself', imageId: uuidOf('i1') },
      { outcome: 'copied' },
    ]);
    expect(at.source.seen(CREATE)).toEqual([]);
  });

  test('No data is transferred into a cloud that has a proven copy', async () => {
    await send(makeTools(), 'b', 'c');
    const [id] = [...at.b.images.keys()];
    const results = await send(makeTools(), 'b', 'c');
    expect(results).toMatchObject([
      { outcome: 'already there', provenBy: 'hash', imageId: id },
      { outcome: 'already there' },
    ]);
    expect(at.b.seen(PUT)).toHaveLength(1);
  });

  test.each([
    ['with different data', { os_hash_value: '0'.repeat(128) }],
    ['that is not active', { status: 'deactivated' }],
    ['of another source', { [OWNER_KEYS.source]: 'i9' }],
  ])('A cloud that has a copy %s gets a new copy', async (_, change) => {
    at.b.add({ id: uuidOf('there'), data: DATA, [OWNER_KEYS.source]: uuidOf('i1'), ...change });
    expect(await send(makeTools(), 'b')).toMatchObject([{ outcome: 'copied' }]);
    expect(at.b.images.has(uuidOf('there'))).toBe(true);
  });
});

describe('a source image that cannot be distributed', () => {
  test.each([
    ['missing', () => at.source.images.clear(), 'none that the project sees'],
    ['still saving', () => addSource(DATA, { status: 'saving' }), 'one that is saving'],
    ['of unknown size', () => addSource(DATA, { size: null }), 'one that is active'],
  ])('A source image that is %s is an input error, and no record is created', async (_, prepare, got) => {
    prepare();
    const error = await failureOf(send(makeTools(), 'b', 'c'));
    expect(error).toMatchObject({ kind: 'input', first: expect.any(InputError) });
    expect(error.message).toMatch(
      `image ${uuidOf('i1')} in cloud source: expected an active image, got ${got}`,
    );
    for (const store of [at.b, at.c]) expect(store.seen(CREATE)).toEqual([]);
  });
});

test('No result, message or warning of a distribution contains a password or a token', async () => {
  at.b.disturb(PUT, { status: 400, body: { badRequest: { message: 'no data' } } });
  at.c.disturb(PUT, 'reset');
  at.c.disturb(DELETE, { status: 403, body: 'no' });
  const password = at.d.openstack.account('consumer').password;
  at.d.disturb(TOKENS, { status: 400, body: { error: { message: `no user with ${password}` } } });
  const made = makeTools();
  const error = await retryUntilEnd(
    failureOf(distributeAndPrune(request('b', 'c', 'd'), 1, made.tools)),
    made,
  );
  const output = inspect([error, made.warnings, made.events, made.facts()], {
    depth: 20,
    maxStringLength: Infinity,
  });
  expect(output).toMatch('no data');
  const secrets = at.emulator.secrets();
  expect(secrets.filter((secret) => output.includes(secret))).toEqual([]);
});
