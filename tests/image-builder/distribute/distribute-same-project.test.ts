import { describe, expect, test } from '@jest/globals';
import type { ImageCopy } from '../../../src/model/image/image-copy.ts';
import { CancelledError } from '../../../src/model/errors.ts';
import type { CloudAccess } from '../../../src/openstack/login/cloud-access.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { CREATE, GET, PUT } from '../open-store.ts';
import { useForwarders } from '../use-forwarders.ts';
import { useDistribution } from './use-distribution.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const { at, makeTools, retryUntilEnd, send } = useDistribution();
const forward = useForwarders();

describe('two clouds.yaml entries of one project', () => {
  /** Adds another entry of clouds.yaml for the cloud `b`. */
  const alias = (name: string, access: Partial<CloudAccess> = {}): void => {
    at.alias(name, 'consumer', access);
  };
  const idsOf = (results: readonly ImageCopy[]) =>
    results.map((result) => ('imageId' in result ? result.imageId : result.reason));

  test('Two names of one project share one copy', async () => {
    alias('b2');
    const results = await send(makeTools(), 'b', 'b2', 'c'); // the clock does not advance
    expect(results).toMatchObject([{ attempts: 1 }, { attempts: 1 }, { outcome: 'copied' }]);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['already there', 'copied', 'copied']);
    const [a, a2] = idsOf(results);
    expect(a).toBe(a2);
    expect([at.b.seen(CREATE).length, at.b.seen(PUT).length]).toEqual([1, 1]);
    expect(at.b.unfinished()).toEqual([]);
  });

  test('Two names of one project do not delay the shared read', async () => {
    alias('b2');
    await send(makeTools(), 'b', 'b2', 'c');
    expect(at.source.seen(GET)).toHaveLength(1);
  });

  test('Two names of one project share one copy when the URLs of their Keystone are spelt differently', async () => {
    const image = `${at.b.openstack.state.origin}/image/v2`;
    const other = await forward(at.b.openstack.state.origin);
    alias('b2', {
      authUrl: `${other}/identity/v3`,
      endpoints: { compute: undefined, image, network: undefined },
    });
    expect(new Set(idsOf(await send(makeTools(), 'b', 'b2'))).size).toBe(1); // both have the same Glance
    expect(at.b.named()).toHaveLength(1);
  });

  test('Two names of one project share one copy when they reach Glance at different URLs', async () => {
    const image = `${await forward(at.b.openstack.state.origin)}/image/v2`;
    alias('b2', { endpoints: { compute: undefined, image, network: undefined } });
    expect(new Set(idsOf(await send(makeTools(), 'b', 'b2'))).size).toBe(1);
    expect(at.b.named()).toHaveLength(1);
  });

  test('A failed copy to one name does not prevent the attempt for another name of the project', async () => {
    alias('b2');
    at.b.disturb(PUT, { status: 413, body: 'quota' });
    const results = await send(makeTools(), 'b', 'b2', 'c');
    expect(results).toMatchObject([
      { outcome: 'failed', kind: 'denied', attempts: 1 },
      { outcome: 'failed', kind: 'denied', attempts: 1 },
      { outcome: 'copied' },
    ]);
    expect(at.b.images.size).toBe(0);
  });

  test('A name whose upload was rejected gets the copy that another name of the project made', async () => {
    alias('b2');
    at.b.disturb(PUT, { status: 503 }, { times: 1 });
    const made = makeTools();
    const results = await retryUntilEnd(send(made, 'b', 'b2'), made);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['already there', 'copied']);
    expect(new Set(idsOf(results)).size).toBe(1);
    expect(at.b.images.size).toBe(1);
  });

  test('A destination in the source’s own project needs no transfer, whatever URL its Glance has', async () => {
    const image = `${await forward(at.source.openstack.state.origin)}/image/v2`;
    at.alias('again', 'builder', { endpoints: { compute: undefined, image, network: undefined } });
    expect(await send(makeTools(), 'again')).toMatchObject([{ outcome: 'itself', imageId: uuidOf('i1') }]);
    expect(at.source.seen(CREATE)).toEqual([]);
  });

  test('Stopping deletes the unfinished copy of two names of one project', async () => {
    alias('b2');
    at.b.disturb(PUT, { stallUpload: 1000 });
    const uploads = at.b.arrivals(PUT);
    const stop = new AbortController();
    const failure = failureOf(send(makeTools({ signal: stop.signal }), 'b', 'b2'));
    await uploads.reach();
    stop.abort(new CancelledError('stopped by SIGTERM'));
    expect(await failure).toMatchObject({ kind: 'cancelled' });
    expect(at.b.images.size).toBe(0);
    expect(at.b.seen(CREATE)).toHaveLength(1);
  });
});
