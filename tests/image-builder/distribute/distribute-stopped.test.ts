import { describe, expect, test } from '@jest/globals';
import { CancelledError } from '../../../src/model/errors.ts';
import { TOKENS } from '../../support/http-cloud.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { PUT, waitForCopies, useDistribution, watch } from './distribution.ts';
import type { TestTools } from '../make-test-tools.ts';
import { turns, until } from '../scripted-clouds.ts';

const { advanceUntilEnd, at, makeTools, send } = useDistribution();

describe('stopping a distribution', () => {
  const stopDuringUpload = async (stop: AbortController, made: TestTools) => {
    const failure = failureOf(send(made, 'a', 'b'));
    await Promise.all([at.a.http.waitFor(PUT), at.b.http.waitFor(PUT)]);
    stop.abort(new CancelledError('stopped by SIGTERM'));
    return failure;
  };

  test('Stopping deletes the unfinished copies in all clouds and ends as cancelled', async () => {
    for (const { http } of [at.a, at.b]) http.on(PUT, 'hang');
    const stop = new AbortController();
    const made = makeTools({ signal: stop.signal });
    expect(await stopDuringUpload(stop, made)).toMatchObject({ kind: 'cancelled' });
    await until(() => at.a.glance.images.size + at.b.glance.images.size === 0);
    expect(at.source.glance.images.size).toBe(1);
  });

  test('A stopped distribution does not end before a slow cloud has deleted its unfinished copy', async () => {
    const stop = new AbortController();
    const made = makeTools({ signal: stop.signal });
    for (const { http } of [at.a, at.b]) http.on(PUT, 'hang');
    at.b.http.on('DELETE /v2/images/*', async ({ url }) => {
      await waitForCopies(made, 'a');
      await turns(50);
      at.b.glance.images.delete(url.pathname.split('/').at(-1) ?? '');
      return { status: 204 };
    });
    await stopDuringUpload(stop, made);
    expect([at.a.glance.images.size, at.b.glance.images.size]).toEqual([0, 0]);
  });

  /** Stops while two clouds have their records and wait for the third, whose Keystone hangs. */
  const stopDuringJoin = async () => {
    at.c.http.on(TOKENS, 'hang');
    const stop = new AbortController();
    const failure = failureOf(send(makeTools({ signal: stop.signal }), 'a', 'b', 'c'));
    await until(() => at.a.glance.images.size + at.b.glance.images.size === 2);
    await until(() => at.clock.hasSleeper(5000));
    await turns(200);
    stop.abort(new CancelledError('stopped by SIGTERM'));
    return failure;
  };

  test('Stopping while one cloud is slow deletes the unfinished copies in the others', async () => {
    const failure = stopDuringJoin();
    await until(() => at.a.http.requests('DELETE /v2/images/*').length === 1);
    await until(() => at.b.http.requests('DELETE /v2/images/*').length === 1);
    await turns(200);
    expect(await advanceUntilEnd(failure, 1_000_000)).toMatchObject({ kind: 'cancelled' });
    expect([at.a.glance.images.size, at.b.glance.images.size]).toEqual([0, 0]);
  });

  test('A stopped distribution does not wait for a Keystone that hangs', async () => {
    const failure = stopDuringJoin();
    const isEnded = watch(failure);
    await until(() => at.a.http.requests('DELETE /v2/images/*').length === 1);
    await until(() => at.b.http.requests('DELETE /v2/images/*').length === 1);
    await turns(300);
    const wasEnded = isEnded(); // the clock has not advanced
    await advanceUntilEnd(failure, 1_000_000);
    expect(wasEnded).toBe(true);
  });

  test('A stopped distribution records the clouds that already have the image', async () => {
    at.b.http.on(PUT, 'hang');
    const stop = new AbortController();
    const made = makeTools({ signal: stop.signal });
    const failure = failureOf(send(made, 'a', 'b'));
    await waitForCopies(made, 'a');
    await at.b.http.waitFor(PUT);
    await turns(10);
    stop.abort(new CancelledError('stopped by SIGTERM'));
    await failure;
    expect(made.facts().images).toMatchObject([{ cloud: 'a', outcome: 'copied' }]);
    expect([at.a.named().length, at.b.glance.images.size]).toEqual([1, 0]);
  });

  test('A distribution that is stopped before its start creates nothing', async () => {
    const made = makeTools({ signal: AbortSignal.abort(new CancelledError('stopped')) });
    expect(await failureOf(send(made, 'a'))).toMatchObject({ kind: 'cancelled' });
    expect(at.a.http.requests('POST /v2/images')).toEqual([]);
  });
});
