import { describe, expect, test } from '@jest/globals';
import { GET } from '../open-store.ts';
import { turns } from '../until.ts';
import { DATA, useDistribution, watch } from './use-distribution.ts';

const { advanceUntilEnd, at, makeTools, send } = useDistribution();

describe('the source of a distribution', () => {
  test('A source that is cut off is resumed at the same offset, and every copy is complete', async () => {
    for (const after of [0, 1]) at.source.disturb(GET, { cutDownload: 250_000 }, { after, times: 1 });
    const reading = send(makeTools(), 'b', 'c');
    expect(await reading).toMatchObject([
      { outcome: 'copied', attempts: 1 },
      { outcome: 'copied', attempts: 1 },
    ]);
    expect(at.source.seen(GET)).toHaveLength(3);
    expect(at.source.openstack.sentBytes()).toBeLessThanOrEqual(2 * DATA.length); // each byte once, and what was under way at each cut
    for (const store of [at.b, at.c]) expect(store.data()?.equals(DATA)).toBe(true);
  });

  test('A source that rejects an expired token is resumed with a new one', async () => {
    const { openstack } = at.source;
    const expire = (): void => openstack.expireTokens();
    at.source.disturb(GET, { cutDownload: 250_000 }, { times: 1 });
    openstack.faults.onNext(GET, () => openstack.faults.onNext(GET, expire));
    const results = await advanceUntilEnd(send(makeTools(), 'b'), 5000);
    expect(results).toMatchObject([{ outcome: 'copied', attempts: 1 }]);
    expect(openstack.requests()).toContainEqual({ route: GET, status: 401 });
  });

  test('A source that is cut off repeatedly is reported as unavailable', async () => {
    at.source.disturb(GET, { cutDownload: 65_536 }, { times: 1 });
    at.source.disturb(GET, { cutDownload: 0 }, { after: 1 });
    const made = makeTools();
    const results = await advanceUntilEnd(send(made, 'b', 'c'), 5000);
    expect(results).toMatchObject([{ kind: 'unavailable' }, { kind: 'unavailable' }]);
  });

  test('A source that is cut off at its first bytes is read again', async () => {
    at.source.disturb(GET, 'reset', { times: 1 });
    expect(await send(makeTools(), 'b')).toMatchObject([{ outcome: 'copied' }]);
  });

  test('A source that returns 503 at its first bytes is read again', async () => {
    at.source.disturb(GET, { status: 503 }, { times: 1 });
    expect(await send(makeTools(), 'b')).toMatchObject([{ outcome: 'copied' }]);
  });

  test('A source that never sends its first bytes does not block forever', async () => {
    at.source.disturb(GET, 'hang');
    const reads = at.source.arrivals(GET);
    const sending = send(makeTools(), 'b');
    const isEnded = watch(sending);
    await reads.reach();
    for (let hour = 0; hour < 500 && !isEnded(); hour++) {
      at.clock.advance(3_600_000);
      await turns(2);
    }
    expect(isEnded()).toBe(true);
  });
});
