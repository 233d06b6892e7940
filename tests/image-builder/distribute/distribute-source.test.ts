import { describe, expect, test } from '@jest/globals';
import { TOKENS, tokenAnswer } from '../../support/http-cloud.ts';
import { DATA, GET, copyIn, useDistribution, watch } from './distribution.ts';
import { turns } from '../scripted-clouds.ts';

const { advanceUntilEnd, at, makeTools, send } = useDistribution();

describe('the source of a distribution', () => {
  test('A source that is cut off is resumed at the same offset, and every copy is complete', async () => {
    at.source.cuts.push(600_000, 300_000);
    const reading = send(makeTools(), 'a', 'b');
    expect(await reading).toMatchObject([
      { outcome: 'copied', attempts: 1 },
      { outcome: 'copied', attempts: 1 },
    ]);
    const ranges = at.source.http.requests(GET).flatMap(({ headers }) => headers['range'] ?? []);
    expect(ranges.length).toBeGreaterThan(0);
    for (const store of [at.a, at.b]) expect(copyIn(store)?.equals(DATA)).toBe(true);
  });

  test('A source that rejects an expired token is resumed with a new one', async () => {
    const { origin } = at.source.http;
    at.source.http.on(TOKENS, [tokenAnswer(origin, 't1'), tokenAnswer(origin, 't2')]);
    const { data } = at.source;
    at.source.http.on(GET, ({ headers }) => {
      const isHead = at.source.http.requests(GET).length === 1;
      return isHead || headers['x-auth-token'] === 't2' ? { body: data.get('i1') } : { status: 401 };
    });
    expect(await send(makeTools(), 'a')).toMatchObject([{ outcome: 'copied', attempts: 1 }]);
  });

  test('A source that is cut off repeatedly is reported as unavailable', async () => {
    at.source.cuts.push(...Array.from({ length: 50 }, () => 65_536));
    const made = makeTools();
    const results = await advanceUntilEnd(send(made, 'a', 'b'), 5000);
    expect(results).toMatchObject([{ kind: 'unavailable' }, { kind: 'unavailable' }]);
  });

  test('A source that is cut off at its first bytes is read again', async () => {
    const { data } = at.source;
    at.source.http.on(GET, ['reset', { body: data.get('i1') }]);
    expect(await send(makeTools(), 'a')).toMatchObject([{ outcome: 'copied' }]);
  });

  test('A source that returns 503 at its first bytes is read again', async () => {
    const { data } = at.source;
    at.source.http.on(GET, [{ status: 503 }, { body: data.get('i1') }]);
    expect(await send(makeTools(), 'a')).toMatchObject([{ outcome: 'copied' }]);
  });

  test('A source that never sends its first bytes does not block forever', async () => {
    at.source.http.on(GET, 'hang');
    const sending = send(makeTools(), 'a');
    const isEnded = watch(sending);
    await at.source.http.waitFor(GET);
    for (let hour = 0; hour < 500 && !isEnded(); hour++) {
      at.clock.advance(3_600_000);
      await turns(2);
    }
    expect(isEnded()).toBe(true);
  });
});
