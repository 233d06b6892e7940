import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { distributeAndPrune } from '../../../src/image-builder/distribute/distribute-and-prune.ts';
import { QCOW2_MAGIC } from '../../../src/model/disk-format.ts';
import { InputError } from '../../../src/model/errors.ts';
import { OWNER_KEYS } from '../../../src/model/owner.ts';
import { TOKENS, tokenAnswer } from '../../support/http-cloud.ts';
import { PASSWORD, connectTo } from '../../support/http-connect.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { DATA, GET, PUT, copyIn, request, settled, useDistribution } from './distribution.ts';
import { keepSha512, take } from '../scripted-clouds.ts';

const { addSource, at, patient, retryUntilEnd, send } = useDistribution();

describe('an image that goes to several clouds', () => {
  test('arrives whole in each, in the order asked for', async () => {
    const made = patient();
    at.a.http.on(PUT, async (seen) => {
      await settled(made, 'b', 'c'); // the first asked for is the last to be done
      return take(at.a, seen);
    });
    const deliveries = await send(made, 'a', 'c', 'b');
    expect(deliveries.map(({ cloud, outcome, attempts }) => [cloud, outcome, attempts])).toEqual([
      ['a', 'copied', 1],
      ['c', 'copied', 1],
      ['b', 'copied', 1],
    ]);
    for (const store of [at.a, at.b, at.c]) {
      expect(copyIn(store)?.equals(DATA)).toBe(true);
      expect(store.unfinished()).toEqual([]);
    }
    expect(made.warnings).toEqual([]);
  });

  test('is read once for all of them', async () => {
    await send(patient(), 'a', 'b', 'c');
    expect(at.source.http.requests(GET)).toHaveLength(2); // one look at its first bytes, one read
    expect(at.source.sent()).toBeLessThanOrEqual(2 * DATA.length);
  });

  test('is not downloaded whole to look at how it begins', async () => {
    const large = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(32 * 1024 * 1024)]);
    at.source.glance.images.clear();
    addSource(large, { os_hash_algo: null, os_hash_value: null, checksum: null });
    at.a.http.on('GET /v2/images', { status: 403 });
    await send(patient(), 'a');
    expect(at.source.sent()).toBeLessThan(large.length / 2);
  });

  test('brings what a server of it needs, and its owner; not who reads it or works on it', async () => {
    at.source.glance.images.clear();
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
    await send(patient(), 'a');
    const record = at.a.http.requests('POST /v2/images')[0]?.json;
    expect(record).toMatchObject({ name: 'noble.building-b1', min_disk: 20, min_ram: 512 });
    expect(at.a.named()[0]).toMatchObject({
      name: 'noble',
      disk_format: 'qcow2',
      min_disk: 20,
      architecture: 'aarch64',
      hw_firmware_type: 'uefi',
      [OWNER_KEYS.application]: 'builder',
      [OWNER_KEYS.buildId]: 'b0',
      [OWNER_KEYS.process]: 'own',
      [OWNER_KEYS.source]: 'i1',
    });
    expect(at.a.named()[0]).not.toHaveProperty(OWNER_KEYS.published);
  });

  test('that is raw under the label qcow2 is raw where it arrives', async () => {
    at.source.glance.images.clear();
    addSource(Buffer.alloc(100_000, 1));
    await send(patient(), 'a');
    expect(at.a.named()[0]).toMatchObject({ disk_format: 'raw' });
  });

  test('moves no bytes into the project that it is from', async () => {
    at.aliases.set('again', () =>
      connectTo(at.source.http.origin, { clock: at.clock, access: { name: 'again' } }),
    );
    const deliveries = await send(patient(), 'again', 'a');
    expect(deliveries).toMatchObject([
      { cloud: 'again', outcome: 'itself', imageId: 'i1' },
      { outcome: 'copied' },
    ]);
    expect(at.source.http.requests('POST /v2/images')).toEqual([]);
  });

  test('moves no bytes into a cloud that has a proven copy of it', async () => {
    await send(patient(), 'a', 'b');
    const [id] = [...at.a.glance.images.keys()];
    const deliveries = await send(patient(), 'a', 'b');
    expect(deliveries).toMatchObject([
      { outcome: 'already there', provenBy: 'hash', imageId: id },
      { outcome: 'already there' },
    ]);
    expect(at.a.http.requests(PUT)).toHaveLength(1);
  });

  test.each([
    ['whose data is another', { os_hash_value: '0'.repeat(128) }],
    ['that is not active', { status: 'deactivated' }],
    ['of another image', { [OWNER_KEYS.source]: 'i9' }],
  ])('is sent to a cloud that has a copy %s', async (_, change) => {
    const copy = { size: DATA.length, ...keepSha512(DATA), [OWNER_KEYS.source]: 'i1', ...change };
    at.a.glance.add({ id: 'there', ...copy });
    expect(await send(patient(), 'a')).toMatchObject([{ outcome: 'copied' }]);
    expect(at.a.glance.images.has('there')).toBe(true);
  });
});

describe('an image that cannot be distributed', () => {
  test.each([
    ['not there', () => at.source.glance.images.clear(), 'none that the project sees'],
    ['still saving', () => addSource(DATA, { status: 'saving' }), 'one that is saving'],
    ['without a size', () => addSource(DATA, { size: null }), 'one that is active'],
  ])('because it is %s is wrong input, and nothing is made', async (_, prepare, got) => {
    prepare();
    const error = await failureOf(send(patient(), 'a', 'b'));
    expect(error).toMatchObject({ kind: 'input', first: expect.any(InputError) });
    expect(error.message).toMatch(`image i1 in cloud source: expected an active image, got ${got}`);
    for (const store of [at.a, at.b]) expect(store.http.requests('POST /v2/images')).toEqual([]);
  });
});

test('no delivery, message or warning tells a password or a token', async () => {
  for (const { http } of [at.source, at.a, at.b, at.c])
    http.on(TOKENS, tokenAnswer(http.origin, 'token-MARKED'));
  at.a.http.on(PUT, ({ headers }) => ({
    status: 400,
    body: { badRequest: { message: 'no data', got: Object.keys(headers) } },
  }));
  at.b.http.on(PUT, 'reset');
  at.b.http.on('DELETE /v2/images/*', { status: 403, body: 'no' });
  at.c.http.on(TOKENS, { status: 400, body: { error: { message: `no user with ${PASSWORD}` } } });
  const made = patient();
  const error = await retryUntilEnd(
    failureOf(distributeAndPrune(request('a', 'b', 'c'), 1, made.tools)),
    made,
  );
  const told = inspect([error, made.warnings, made.events, made.facts()], {
    depth: 20,
    maxStringLength: Infinity,
  });
  expect(told).toMatch('no data');
  expect(told).not.toMatch('MARKED');
});
