import { describe, expect, test } from '@jest/globals';
import { CREATE, DELETE, GET, PATCH, PUT, TOKENS } from '../open-store.ts';
import { turns, until } from '../until.ts';
import { LARGE, waitForCopies, useDistribution } from './use-distribution.ts';

const ONE = 'GET /image/v2/images/:id';

const { addSource, advanceUntilEnd, at, makeTools, retryUntilEnd, send } = useDistribution();

describe('a cloud that fails', () => {
  test('A cloud with wrong credentials fails as denied and does not delay the other clouds', async () => {
    await at.connect('b');
    at.b.openstack.setPassword('consumer', 'another');
    const results = await send(makeTools(), 'b', 'c', 'd'); // the clock does not advance
    expect(results).toMatchObject([
      { outcome: 'failed', kind: 'denied', attempts: 1, reason: expect.stringMatching('check the cred') },
      { outcome: 'copied' },
      { outcome: 'copied' },
    ]);
    expect(at.source.seen(GET)).toHaveLength(1);
  });

  test('A cloud whose Keystone hangs is unavailable and delays the other clouds for a few seconds only', async () => {
    at.b.disturb(TOKENS, 'hang');
    const made = makeTools();
    const sending = send(made, 'b', 'c', 'd');
    await until(() => at.clock.hasSleeper(5000));
    at.clock.advance(5000);
    await waitForCopies(made, 'c', 'd');
    const results = await advanceUntilEnd(sending, 1_000_000);
    expect(results).toMatchObject([
      { outcome: 'failed', kind: 'unavailable', reason: expect.stringMatching('--api-timeout') },
      { outcome: 'copied' },
      { outcome: 'copied' },
    ]);
    expect(at.b.images.size).toBe(0);
  });

  test('A cloud that stalls during the upload fails alone after --stall-timeout and keeps no image', async () => {
    addSource(LARGE);
    at.b.disturb(PUT, { stallUpload: 100_000 });
    const made = makeTools();
    const sending = send(made, 'b', 'c', 'd');
    const isDone = (): boolean => at.c.named().length + at.d.named().length === 2;
    while (!isDone()) {
      if (at.clock.hasSleeper(2000)) at.clock.advance(2000); // the time that a slow reader may delay the others
      await turns(1);
    }
    await waitForCopies(made, 'c', 'd');
    const results = await advanceUntilEnd(sending, 600_000);
    expect(results).toMatchObject([
      { cloud: 'b', outcome: 'failed', kind: 'unavailable', attempts: 3 },
      { cloud: 'c', outcome: 'copied', attempts: 1 },
      { cloud: 'd', outcome: 'copied', attempts: 1 },
    ]);
    expect(results[0]).toMatchObject({
      reason: 'the copy of the image into cloud b stalled for 600 s; --stall-timeout sets the limit',
    });
    expect(at.b.images.size).toBe(0);
    expect(at.c.data()?.equals(LARGE)).toBe(true);
  });

  test('A cloud that returns 503 to the first upload is retried alone with a read of its own', async () => {
    at.b.disturb(PUT, { status: 503 }, { times: 1 });
    const made = makeTools();
    const results = await retryUntilEnd(send(made, 'b', 'c'), made);
    expect(results).toMatchObject([
      { outcome: 'copied', attempts: 2 },
      { outcome: 'copied', attempts: 1 },
    ]);
    expect(at.source.seen(GET)).toHaveLength(2);
    expect(at.c.seen(PUT)).toHaveLength(1);
    expect(at.b.images.size).toBe(1);
    expect(made.warnings).toEqual([expect.stringMatching(/^cloud b: .*answered 503.*; trying again$/)]);
  });

  test('A copy with different data fails and is deleted without ever having its final name', async () => {
    at.b.disturb(PUT, 'damaged upload');
    const made = makeTools();
    const results = await retryUntilEnd(send(made, 'b', 'c'), made);
    expect(results).toMatchObject([
      { outcome: 'failed', kind: 'build', attempts: 3, reason: expect.stringMatching('expected sha512') },
      { outcome: 'copied', provenBy: 'hash' },
    ]);
    expect(at.b.images.size).toBe(0);
    expect(at.b.seen(PATCH)).toEqual([]);
  });

  test('A cloud without quota is not retried', async () => {
    at.b.disturb(PUT, { status: 413, body: 'quota' });
    const made = makeTools();
    expect(await send(made, 'b')).toMatchObject([{ outcome: 'failed', kind: 'denied', attempts: 1 }]);
    expect([at.b.images.size, made.warnings]).toEqual([0, []]);
  });

  test('An unfinished copy that cannot be deleted is reported as left behind', async () => {
    at.b.disturb(PUT, { status: 413 });
    at.b.disturb(DELETE, { status: 409, body: 'in use' });
    const made = makeTools();
    await send(made, 'b', 'c');
    const [left] = at.b.unfinished();
    expect(made.warnings).toEqual([
      expect.stringMatching(new RegExp(`^left behind: image ${left?.id ?? '?'} in cloud b: .*in use`)),
    ]);
  });

  test('A copy succeeds when the response to the request that names it is lost', async () => {
    at.b.disturb(PATCH, { wrongBody: '<html>proxy</html>' }, { times: 1 });
    expect(await send(makeTools(), 'b')).toMatchObject([{ outcome: 'copied', attempts: 1 }]);
    expect(at.b.named()).toHaveLength(1);
  });

  test('A record whose creation got no response is deleted before the retry', async () => {
    at.b.disturb(CREATE, 'lost answer', { times: 1 });
    const made = makeTools();
    expect(await retryUntilEnd(send(made, 'b'), made)).toMatchObject([{ outcome: 'copied', attempts: 2 }]);
    expect([at.b.images.size, at.b.unfinished()]).toEqual([1, []]);
  });

  test('A copy succeeds when the response to the upload is lost', async () => {
    at.b.disturb(PUT, 'lost answer', { times: 1 });
    expect(await send(makeTools(), 'b')).toMatchObject([
      { outcome: 'copied', attempts: 1, provenBy: 'hash' },
    ]);
  });

  test('A copy succeeds when the load balancer times out while Glance still stores the data', async () => {
    const { faults } = at.b.openstack;
    const first = new Promise<void>((resolve) => faults.onNext(PUT, () => faults.onNext(ONE, resolve)));
    const second = first.then(() => new Promise<void>((resolve) => faults.onNext(ONE, resolve)));
    at.b.disturb(PUT, { heldUntil: second }); // the first request for the image sees it saving
    at.b.disturb(PUT, { status: 504, body: 'Gateway Time-out', isExecuted: true });
    const sending = send(makeTools(), 'b');
    await first;
    expect(await advanceUntilEnd(sending, 2000)).toMatchObject([{ outcome: 'copied', attempts: 1 }]);
    expect(at.b.seen(PUT)).toHaveLength(1);
  });

  test('Another region of the same Keystone and project gets a copy, because it has its own store', async () => {
    at.source.openstack.addRegion(at.b.openstack.state);
    at.alias('r2', 'builder', { region: at.b.openstack.state.region });
    expect(await send(makeTools(), 'r2')).toMatchObject([{ outcome: 'copied' }]);
    expect([...at.b.images.values()]).toMatchObject([{ name: 'noble', status: 'active' }]);
  });
});
