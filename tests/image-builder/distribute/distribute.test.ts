import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { distributeAndPrune } from '../../../src/image-builder/distribute/distribute-and-prune.ts';
import { QCOW2_MAGIC } from '../../../src/model/disk-format.ts';
import { InputError } from '../../../src/model/errors.ts';
import { OWNER_KEYS } from '../../../src/model/owner.ts';
import { TOKENS, tokenAnswer } from '../../support/http-cloud.ts';
import { PASSWORD, connectTo } from '../../support/http-connect.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { DATA, GET, PUT, copyIn, request, waitForCopies, useDistribution } from './distribution.ts';
import { keepSha512, storeUpload } from '../scripted-clouds.ts';

const { addSource, at, makeTools, retryUntilEnd, send } = useDistribution();

describe('copies to several clouds', () => {
  test('Every cloud gets the complete image, and the results have the order of the request', async () => {
    const made = makeTools();
    at.a.http.on(PUT, async (seen) => {
      await waitForCopies(made, 'b', 'c'); // the first in the request ends last
      return storeUpload(at.a, seen);
    });
    const results = await send(made, 'a', 'c', 'b');
    expect(results.map(({ cloud, outcome, attempts }) => [cloud, outcome, attempts])).toEqual([
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

  test('The image is read once for all clouds', async () => {
    await send(makeTools(), 'a', 'b', 'c');
    expect(at.source.http.requests(GET)).toHaveLength(2); // one read of the first bytes, one of everything
    expect(at.source.sent()).toBeLessThanOrEqual(2 * DATA.length);
  });

  test('The detection of the disk format does not download the whole image', async () => {
    const large = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(32 * 1024 * 1024)]);
    at.source.glance.images.clear();
    addSource(large, { os_hash_algo: null, os_hash_value: null, checksum: null });
    at.a.http.on('GET /v2/images', { status: 403 });
    await send(makeTools(), 'a');
    expect(at.source.sent()).toBeLessThan(large.length / 2);
  });

  test('A copy keeps the requirements and the owner of its source, but not its published mark or process', async () => {
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
    await send(makeTools(), 'a');
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

  test('A raw image that is labelled qcow2 is raw in the destination', async () => {
    at.source.glance.images.clear();
    addSource(Buffer.alloc(100_000, 1));
    await send(makeTools(), 'a');
    expect(at.a.named()[0]).toMatchObject({ disk_format: 'raw' });
  });

  test('No data is transferred into the project of the source', async () => {
    at.aliases.set('again', () =>
      connectTo(at.source.http.origin, { clock: at.clock, access: { name: 'again' } }),
    );
    const results = await send(makeTools(), 'again', 'a');
    expect(results).toMatchObject([
      { cloud: 'again', outcome: 'itself', imageId: 'i1' },
      { outcome: 'copied' },
    ]);
    expect(at.source.http.requests('POST /v2/images')).toEqual([]);
  });

  test('No data is transferred into a cloud that has a proven copy', async () => {
    await send(makeTools(), 'a', 'b');
    const [id] = [...at.a.glance.images.keys()];
    const results = await send(makeTools(), 'a', 'b');
    expect(results).toMatchObject([
      { outcome: 'already there', provenBy: 'hash', imageId: id },
      { outcome: 'already there' },
    ]);
    expect(at.a.http.requests(PUT)).toHaveLength(1);
  });

  test.each([
    ['with different data', { os_hash_value: '0'.repeat(128) }],
    ['that is not active', { status: 'deactivated' }],
    ['of another source', { [OWNER_KEYS.source]: 'i9' }],
  ])('A cloud that has a copy %s gets a new copy', async (_, change) => {
    const copy = { size: DATA.length, ...keepSha512(DATA), [OWNER_KEYS.source]: 'i1', ...change };
    at.a.glance.add({ id: 'there', ...copy });
    expect(await send(makeTools(), 'a')).toMatchObject([{ outcome: 'copied' }]);
    expect(at.a.glance.images.has('there')).toBe(true);
  });
});

describe('a source image that cannot be distributed', () => {
  test.each([
    ['missing', () => at.source.glance.images.clear(), 'none that the project sees'],
    ['still saving', () => addSource(DATA, { status: 'saving' }), 'one that is saving'],
    ['of unknown size', () => addSource(DATA, { size: null }), 'one that is active'],
  ])('A source image that is %s is an input error, and no record is created', async (_, prepare, got) => {
    prepare();
    const error = await failureOf(send(makeTools(), 'a', 'b'));
    expect(error).toMatchObject({ kind: 'input', first: expect.any(InputError) });
    expect(error.message).toMatch(`image i1 in cloud source: expected an active image, got ${got}`);
    for (const store of [at.a, at.b]) expect(store.http.requests('POST /v2/images')).toEqual([]);
  });
});

test('No result, message or warning of a distribution contains a password or a token', async () => {
  for (const { http } of [at.source, at.a, at.b, at.c])
    http.on(TOKENS, tokenAnswer(http.origin, 'token-MARKED'));
  at.a.http.on(PUT, ({ headers }) => ({
    status: 400,
    body: { badRequest: { message: 'no data', got: Object.keys(headers) } },
  }));
  at.b.http.on(PUT, 'reset');
  at.b.http.on('DELETE /v2/images/*', { status: 403, body: 'no' });
  at.c.http.on(TOKENS, { status: 400, body: { error: { message: `no user with ${PASSWORD}` } } });
  const made = makeTools();
  const error = await retryUntilEnd(
    failureOf(distributeAndPrune(request('a', 'b', 'c'), 1, made.tools)),
    made,
  );
  const output = inspect([error, made.warnings, made.events, made.facts()], {
    depth: 20,
    maxStringLength: Infinity,
  });
  expect(output).toMatch('no data');
  expect(output).not.toMatch('MARKED');
});
