import { describe, expect, test } from '@jest/globals';
import { TOKENS, tokenAnswer } from '../../support/http-cloud.ts';
import { accessTo, connectTo } from '../../support/http-connect.ts';
import { GET, LARGE, PUT, copyIn, waitForCopies, useDistribution } from './distribution.ts';
import { keepSha512, storeUpload, turns, until } from '../scripted-clouds.ts';

const { addSource, advanceUntilEnd, at, makeTools, retryUntilEnd, send } = useDistribution();

describe('a cloud that fails', () => {
  test('A cloud with wrong credentials fails as denied and does not delay the other clouds', async () => {
    at.a.http.on(TOKENS, { status: 401, body: { error: { message: 'wrong' } } });
    const results = await send(makeTools(), 'a', 'b', 'c'); // the clock does not advance
    expect(results).toMatchObject([
      { outcome: 'failed', kind: 'denied', attempts: 1, reason: expect.stringMatching('check the cred') },
      { outcome: 'copied' },
      { outcome: 'copied' },
    ]);
    expect(at.source.http.requests(GET)).toHaveLength(2);
  });

  test('A cloud whose Keystone hangs is unavailable and delays the other clouds for a few seconds only', async () => {
    at.a.http.on(TOKENS, 'hang');
    const made = makeTools();
    const sending = send(made, 'a', 'b', 'c');
    await until(() => at.clock.hasSleeper(5000));
    at.clock.advance(5000);
    await waitForCopies(made, 'b', 'c');
    const results = await advanceUntilEnd(sending, 1_000_000);
    expect(results).toMatchObject([
      { outcome: 'failed', kind: 'unavailable', reason: expect.stringMatching('--api-timeout') },
      { outcome: 'copied' },
      { outcome: 'copied' },
    ]);
    expect(at.a.glance.images.size).toBe(0);
  });

  test('A cloud that stalls during the upload fails alone after --stall-timeout and keeps no image', async () => {
    at.source.glance.images.clear();
    addSource(LARGE);
    at.a.http.on(PUT, 'stall');
    const made = makeTools();
    const sending = send(made, 'a', 'b', 'c');
    const isDone = (): boolean => at.b.named().length + at.c.named().length === 2;
    while (!isDone()) {
      if (at.clock.hasSleeper(2000)) at.clock.advance(2000); // the time that a slow reader may delay the others
      await turns(1);
    }
    await waitForCopies(made, 'b', 'c');
    const results = await advanceUntilEnd(sending, 600_000);
    expect(results).toMatchObject([
      { cloud: 'a', outcome: 'failed', kind: 'unavailable', attempts: 3 },
      { cloud: 'b', outcome: 'copied', attempts: 1 },
      { cloud: 'c', outcome: 'copied', attempts: 1 },
    ]);
    expect(results[0]).toMatchObject({
      reason: 'the copy of the image into cloud a stalled for 600 s; --stall-timeout sets the limit',
    });
    expect(at.a.glance.images.size).toBe(0);
    expect(copyIn(at.b)?.equals(LARGE)).toBe(true);
  });

  test('A cloud that returns 503 to the first upload is retried alone with a read of its own', async () => {
    let isFirst = true;
    at.a.http.on(PUT, (seen) => {
      if (!isFirst) return storeUpload(at.a, seen);
      isFirst = false;
      return { status: 503 };
    });
    const made = makeTools();
    const results = await retryUntilEnd(send(made, 'a', 'b'), made);
    expect(results).toMatchObject([
      { outcome: 'copied', attempts: 2 },
      { outcome: 'copied', attempts: 1 },
    ]);
    expect(at.source.http.requests(GET)).toHaveLength(3);
    expect(at.b.http.requests(PUT)).toHaveLength(1);
    expect(at.a.glance.images.size).toBe(1);
    expect(made.warnings).toEqual([expect.stringMatching(/^cloud a: .*answered 503.*; trying again$/)]);
  });

  test('A copy with different data fails and is deleted without ever having its final name', async () => {
    at.a.hashesOf = () => keepSha512(Buffer.from('other'));
    const made = makeTools();
    const results = await retryUntilEnd(send(made, 'a', 'b'), made);
    expect(results).toMatchObject([
      { outcome: 'failed', kind: 'build', attempts: 3, reason: expect.stringMatching('expected sha512') },
      { outcome: 'copied', provenBy: 'hash' },
    ]);
    expect(at.a.glance.images.size).toBe(0);
    expect(at.a.http.requests('PATCH /v2/images/*')).toEqual([]);
  });

  test('A cloud without quota is not retried', async () => {
    at.a.http.on(PUT, { status: 413, body: 'quota' });
    const made = makeTools();
    expect(await send(made, 'a')).toMatchObject([{ outcome: 'failed', kind: 'denied', attempts: 1 }]);
    expect([at.a.glance.images.size, made.warnings]).toEqual([0, []]);
  });

  test('An unfinished copy that cannot be deleted is reported as left behind', async () => {
    at.a.http.on(PUT, { status: 413 });
    at.a.http.on('DELETE /v2/images/*', { status: 409, body: 'in use' });
    const made = makeTools();
    await send(made, 'a', 'b');
    const [left] = at.a.unfinished();
    expect(made.warnings).toEqual([
      expect.stringMatching(new RegExp(`^left behind: image ${left?.id ?? '?'} in cloud a: .*in use`)),
    ]);
  });

  test('A copy succeeds when the response to the request that names it is lost', async () => {
    let isFirst = true;
    const name = at.a.glance.images;
    at.a.http.on('PATCH /v2/images/*', ({ url, json }) => {
      const id = url.pathname.split('/').at(-1) ?? '';
      const set = Object.fromEntries(
        (json as { path: string; value: string }[]).map(({ path, value }) => [path.slice(1), value]),
      );
      name.set(id, { ...name.get(id), ...set, id });
      if (isFirst) {
        isFirst = false;
        return { body: '<html>proxy</html>' };
      }
      return { body: name.get(id) };
    });
    expect(await send(makeTools(), 'a')).toMatchObject([{ outcome: 'copied', attempts: 1 }]);
    expect(at.a.named()).toHaveLength(1);
  });

  test('A record whose creation got no response is deleted before the retry', async () => {
    const { images } = at.a.glance;
    at.a.http.on('POST /v2/images', ({ json }) => {
      const isFirst = at.a.http.requests('POST /v2/images').length === 1;
      const record = { id: isFirst ? 'lost' : 'second', ...(json as object) };
      at.a.glance.add({ ...record, status: 'queued' });
      return isFirst ? 'reset' : { status: 201, body: images.get(record.id) };
    });
    const made = makeTools();
    expect(await retryUntilEnd(send(made, 'a'), made)).toMatchObject([{ outcome: 'copied', attempts: 2 }]);
    expect([images.size, at.a.unfinished()]).toEqual([1, []]);
  });

  test('A copy succeeds when the response to the upload is lost', async () => {
    at.a.http.on(PUT, (seen) => {
      storeUpload(at.a, seen);
      return 'reset';
    });
    expect(await send(makeTools(), 'a')).toMatchObject([
      { outcome: 'copied', attempts: 1, provenBy: 'hash' },
    ]);
  });

  test('A copy succeeds when the load balancer times out while Glance still stores the data', async () => {
    at.a.http.on(PUT, async (seen) => {
      const id = seen.url.pathname.split('/').at(-2) ?? '';
      at.a.glance.images.set(id, { ...at.a.glance.images.get(id), id, status: 'saving' });
      const readsBefore = at.a.http.requests('GET /v2/images/*').length;
      void until(() => at.a.http.requests('GET /v2/images/*').length > readsBefore).then(() =>
        storeUpload(at.a, seen),
      );
      await turns(1);
      return { status: 504, body: 'Gateway Time-out' };
    });
    const sending = send(makeTools(), 'a');
    await until(() => at.a.data.size === 1);
    expect(await advanceUntilEnd(sending, 2000)).toMatchObject([{ outcome: 'copied', attempts: 1 }]);
  });

  test('Another region of the same Keystone and project gets a copy, because it has its own store', async () => {
    const endpoint = (region: string, origin: string) => ({
      interface: 'public',
      region_id: region,
      region,
      url: origin,
    });
    const { origin } = at.source.http;
    const answer = tokenAnswer(origin) as { body: { token: object } };
    const catalog = [
      { type: 'image', endpoints: [endpoint('R1', origin), endpoint('R2', at.a.http.origin)] },
    ];
    at.source.http.on(TOKENS, { ...answer, body: { token: { ...answer.body.token, catalog } } });
    const access = { ...accessTo(origin), name: 'r2', region: 'R2' };
    at.aliases.set('r2', () => connectTo(origin, { clock: at.clock, access }));
    expect(await send(makeTools(), 'r2')).toMatchObject([{ outcome: 'copied' }]);
    expect(at.a.named()).toHaveLength(1);
  });
});
