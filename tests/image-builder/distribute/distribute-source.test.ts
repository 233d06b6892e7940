import { describe, expect, test } from '@jest/globals';
import { TOKENS, tokenAnswer } from '../../support/http-cloud.ts';
import { DATA, GET, copyIn, useDistribution, watch } from './distribution.ts';
import { turns } from '../scripted-clouds.ts';

const { advanceUntilEnd, at, patient, send } = useDistribution();

describe('a source', () => {
  test('that is cut in the middle is read on from there, and every copy is whole', async () => {
    at.source.cuts.push(600_000, 300_000);
    const reading = send(patient(), 'a', 'b');
    expect(await reading).toMatchObject([
      { outcome: 'copied', attempts: 1 },
      { outcome: 'copied', attempts: 1 },
    ]);
    const ranges = at.source.http.requests(GET).flatMap(({ headers }) => headers['range'] ?? []);
    expect(ranges.length).toBeGreaterThan(0);
    for (const store of [at.a, at.b]) expect(copyIn(store)?.equals(DATA)).toBe(true);
  });

  test('that takes the token no more is read on with a new one', async () => {
    const { origin } = at.source.http;
    at.source.http.on(TOKENS, [tokenAnswer(origin, 't1'), tokenAnswer(origin, 't2')]);
    const { data } = at.source;
    at.source.http.on(GET, ({ headers }) => {
      const isPeek = at.source.http.requests(GET).length === 1;
      return isPeek || headers['x-auth-token'] === 't2' ? { body: data.get('i1') } : { status: 401 };
    });
    expect(await send(patient(), 'a')).toMatchObject([{ outcome: 'copied', attempts: 1 }]);
  });

  test('that breaks off again and again is told as unavailable, not as a bug', async () => {
    at.source.cuts.push(...Array.from({ length: 50 }, () => 65_536));
    const made = patient();
    const deliveries = await advanceUntilEnd(send(made, 'a', 'b'), 5000);
    expect(deliveries).toMatchObject([{ kind: 'unavailable' }, { kind: 'unavailable' }]);
  });

  test('that is cut at the look at its first bytes is asked again', async () => {
    const { data } = at.source;
    at.source.http.on(GET, ['reset', { body: data.get('i1') }]);
    expect(await send(patient(), 'a')).toMatchObject([{ outcome: 'copied' }]);
  });

  test('that is busy at the look at its first bytes is asked again', async () => {
    const { data } = at.source;
    at.source.http.on(GET, [{ status: 503 }, { body: data.get('i1') }]);
    expect(await send(patient(), 'a')).toMatchObject([{ outcome: 'copied' }]);
  });

  test('that does not answer the look at its first bytes is not waited for without end', async () => {
    at.source.http.on(GET, 'hang');
    const sending = send(patient(), 'a');
    const isEnded = watch(sending);
    await at.source.http.waitFor(GET);
    for (let hour = 0; hour < 500 && !isEnded(); hour++) {
      at.clock.advance(3_600_000);
      await turns(2);
    }
    expect(isEnded()).toBe(true);
  });
});
