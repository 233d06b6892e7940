import { describe, expect, test } from '@jest/globals';
import type { ImageCopy } from '../../../src/model/delivery.ts';
import { CancelledError } from '../../../src/model/errors.ts';
import type { CloudAccess } from '../../../src/openstack/cloud-access.ts';
import { connectTo } from '../../support/http-connect.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { GET, PUT, useDistribution } from './distribution.ts';
import { take } from '../scripted-clouds.ts';

const { at, patient, retryUntilEnd, send } = useDistribution();

describe('two names of one project', () => {
  /** Another entry of clouds.yaml for the cloud `a`. */
  const alias = (name: string, access: Partial<CloudAccess> = {}): void => {
    const { origin } = at.a.http;
    at.aliases.set(name, () => connectTo(origin, { clock: at.clock, access: { name, ...access } }));
  };
  const idsOf = (deliveries: readonly ImageCopy[]) =>
    deliveries.map((delivery) => ('imageId' in delivery ? delivery.imageId : delivery.reason));

  test('get one copy, which the second finds there', async () => {
    alias('a2');
    const deliveries = await send(patient(), 'a', 'a2', 'b'); // the time stands still
    expect(deliveries).toMatchObject([{ attempts: 1 }, { attempts: 1 }, { outcome: 'copied' }]);
    expect(deliveries.map(({ outcome }) => outcome).sort()).toEqual(['already there', 'copied', 'copied']);
    const [a, a2] = idsOf(deliveries);
    expect(a).toBe(a2);
    expect([at.a.http.requests('POST /v2/images').length, at.a.http.requests(PUT).length]).toEqual([1, 1]);
    expect(at.a.unfinished()).toEqual([]);
  });

  test('do not hold up the common read', async () => {
    alias('a2');
    await send(patient(), 'a', 'a2', 'b');
    expect(at.source.http.requests(GET)).toHaveLength(2); // one look at its first bytes, one read
  });

  test('get one copy also where their Keystone’s URL is spelt in other ways', async () => {
    alias('a2', { authUrl: `${at.a.http.origin.replace('127.0.0.1', 'LOCALHOST')}/v3` });
    expect(new Set(idsOf(await send(patient(), 'a', 'a2'))).size).toBe(1); // one Glance keeps their images
    expect(at.a.named()).toHaveLength(1);
  });

  test('get one copy also where they reach its Glance by other ways', async () => {
    const image = `${at.a.http.origin.replace('127.0.0.1', 'localhost')}/v2`;
    alias('a2', { endpoints: { compute: undefined, image, network: undefined } });
    expect(new Set(idsOf(await send(patient(), 'a', 'a2'))).size).toBe(1);
    expect(at.a.named()).toHaveLength(1);
  });

  test('of which the first fails both try, one after the other, and both fail', async () => {
    alias('a2');
    at.a.http.on(PUT, { status: 413, body: 'quota' });
    const deliveries = await send(patient(), 'a', 'a2', 'b');
    expect(deliveries).toMatchObject([
      { outcome: 'failed', kind: 'denied', attempts: 1 },
      { outcome: 'failed', kind: 'denied', attempts: 1 },
      { outcome: 'copied' },
    ]);
    expect(at.a.glance.images.size).toBe(0);
  });

  test('of which the first is turned away get the copy that the second makes', async () => {
    alias('a2');
    let isFirst = true;
    at.a.http.on(PUT, (seen) => {
      if (!isFirst) return take(at.a, seen);
      isFirst = false;
      return { status: 503 };
    });
    const made = patient();
    const deliveries = await retryUntilEnd(send(made, 'a', 'a2'), made);
    expect(deliveries.map(({ outcome }) => outcome).sort()).toEqual(['already there', 'copied']);
    expect(new Set(idsOf(deliveries)).size).toBe(1);
    expect(at.a.glance.images.size).toBe(1);
  });

  test('that are the source’s own project move no bytes, by whatever way its Glance is reached', async () => {
    const { origin } = at.source.http;
    const image = `${origin.replace('127.0.0.1', 'localhost')}/v2`;
    const endpoints = { compute: undefined, image, network: undefined };
    at.aliases.set('again', () =>
      connectTo(origin, { clock: at.clock, access: { name: 'again', endpoints } }),
    );
    expect(await send(patient(), 'again')).toMatchObject([{ outcome: 'itself', imageId: 'i1' }]);
    expect(at.source.http.requests('POST /v2/images')).toEqual([]);
  });

  test('stop together, and leave nothing', async () => {
    alias('a2');
    at.a.http.on(PUT, 'hang');
    const stop = new AbortController();
    const failure = failureOf(send(patient({ signal: stop.signal }), 'a', 'a2'));
    await at.a.http.waitFor(PUT);
    stop.abort(new CancelledError('stopped by SIGTERM'));
    expect(await failure).toMatchObject({ kind: 'cancelled' });
    expect(at.a.glance.images.size).toBe(0);
    expect(at.a.http.requests('POST /v2/images')).toHaveLength(1);
  });
});
