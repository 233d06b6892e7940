import { describe, expect, test } from '@jest/globals';
import type { ImageCopy } from '../../../src/model/image-copy.ts';
import { CancelledError } from '../../../src/model/errors.ts';
import type { CloudAccess } from '../../../src/openstack/cloud-access.ts';
import { connectTo } from '../../support/http-connect.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { GET, PUT, useDistribution } from './distribution.ts';
import { storeUpload } from '../scripted-clouds.ts';

const { at, makeTools, retryUntilEnd, send } = useDistribution();

describe('two clouds.yaml entries of one project', () => {
  /** Adds another entry of clouds.yaml for the cloud `a`. */
  const alias = (name: string, access: Partial<CloudAccess> = {}): void => {
    const { origin } = at.a.http;
    at.aliases.set(name, () => connectTo(origin, { clock: at.clock, access: { name, ...access } }));
  };
  const idsOf = (results: readonly ImageCopy[]) =>
    results.map((result) => ('imageId' in result ? result.imageId : result.reason));

  test('Two names of one project share one copy', async () => {
    alias('a2');
    const results = await send(makeTools(), 'a', 'a2', 'b'); // the clock does not advance
    expect(results).toMatchObject([{ attempts: 1 }, { attempts: 1 }, { outcome: 'copied' }]);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['already there', 'copied', 'copied']);
    const [a, a2] = idsOf(results);
    expect(a).toBe(a2);
    expect([at.a.http.requests('POST /v2/images').length, at.a.http.requests(PUT).length]).toEqual([1, 1]);
    expect(at.a.unfinished()).toEqual([]);
  });

  test('Two names of one project do not delay the shared read', async () => {
    alias('a2');
    await send(makeTools(), 'a', 'a2', 'b');
    expect(at.source.http.requests(GET)).toHaveLength(2); // one read of the first bytes, one of everything
  });

  test('Two names of one project share one copy when the URLs of their Keystone are spelt differently', async () => {
    alias('a2', { authUrl: `${at.a.http.origin.replace('127.0.0.1', 'LOCALHOST')}/v3` });
    expect(new Set(idsOf(await send(makeTools(), 'a', 'a2'))).size).toBe(1); // both have the same Glance
    expect(at.a.named()).toHaveLength(1);
  });

  test('Two names of one project share one copy when they reach Glance at different URLs', async () => {
    const image = `${at.a.http.origin.replace('127.0.0.1', 'localhost')}/v2`;
    alias('a2', { endpoints: { compute: undefined, image, network: undefined } });
    expect(new Set(idsOf(await send(makeTools(), 'a', 'a2'))).size).toBe(1);
    expect(at.a.named()).toHaveLength(1);
  });

  test('A failed copy to one name does not prevent the attempt for another name of the project', async () => {
    alias('a2');
    at.a.http.on(PUT, { status: 413, body: 'quota' });
    const results = await send(makeTools(), 'a', 'a2', 'b');
    expect(results).toMatchObject([
      { outcome: 'failed', kind: 'denied', attempts: 1 },
      { outcome: 'failed', kind: 'denied', attempts: 1 },
      { outcome: 'copied' },
    ]);
    expect(at.a.glance.images.size).toBe(0);
  });

  test('A name whose upload was rejected gets the copy that another name of the project made', async () => {
    alias('a2');
    let isFirst = true;
    at.a.http.on(PUT, (seen) => {
      if (!isFirst) return storeUpload(at.a, seen);
      isFirst = false;
      return { status: 503 };
    });
    const made = makeTools();
    const results = await retryUntilEnd(send(made, 'a', 'a2'), made);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['already there', 'copied']);
    expect(new Set(idsOf(results)).size).toBe(1);
    expect(at.a.glance.images.size).toBe(1);
  });

  test('A destination in the source’s own project needs no transfer, whatever URL its Glance has', async () => {
    const { origin } = at.source.http;
    const image = `${origin.replace('127.0.0.1', 'localhost')}/v2`;
    const endpoints = { compute: undefined, image, network: undefined };
    at.aliases.set('again', () =>
      connectTo(origin, { clock: at.clock, access: { name: 'again', endpoints } }),
    );
    expect(await send(makeTools(), 'again')).toMatchObject([{ outcome: 'itself', imageId: 'i1' }]);
    expect(at.source.http.requests('POST /v2/images')).toEqual([]);
  });

  test('Stopping deletes the unfinished copy of two names of one project', async () => {
    alias('a2');
    at.a.http.on(PUT, 'hang');
    const stop = new AbortController();
    const failure = failureOf(send(makeTools({ signal: stop.signal }), 'a', 'a2'));
    await at.a.http.waitFor(PUT);
    stop.abort(new CancelledError('stopped by SIGTERM'));
    expect(await failure).toMatchObject({ kind: 'cancelled' });
    expect(at.a.glance.images.size).toBe(0);
    expect(at.a.http.requests('POST /v2/images')).toHaveLength(1);
  });
});
