import { describe, expect, test } from '@jest/globals';
import { CancelledError } from '../../../src/model/errors.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { CREATE, DELETE, PUT, TOKENS } from '../open-store.ts';
import { turns, until } from '../until.ts';
import { waitForCopies, useDistribution, watch } from './use-distribution.ts';
import type { TestTools } from '../make-test-tools.ts';

const { advanceUntilEnd, at, makeTools, send } = useDistribution();

describe('stopping a distribution', () => {
  const stopDuringUpload = async (stop: AbortController, made: TestTools) => {
    const uploads = [at.b, at.c].map((store) => store.arrivals(PUT));
    const failure = failureOf(send(made, 'b', 'c'));
    await Promise.all(uploads.map((each) => each.reach()));
    stop.abort(new CancelledError('stopped by SIGTERM'));
    return failure;
  };

  test('Stopping deletes the unfinished copies in all clouds and ends as cancelled', async () => {
    for (const store of [at.b, at.c]) store.disturb(PUT, { stallUpload: 1000 });
    const stop = new AbortController();
    const made = makeTools({ signal: stop.signal });
    expect(await stopDuringUpload(stop, made)).toMatchObject({ kind: 'cancelled' });
    await until(() => at.b.images.size + at.c.images.size === 0);
    expect(at.source.images.size).toBe(1);
  });

  test('A stopped distribution does not end before a slow cloud has deleted its unfinished copy', async () => {
    const stop = new AbortController();
    const made = makeTools({ signal: stop.signal });
    for (const store of [at.b, at.c]) store.disturb(PUT, { stallUpload: 1000 });
    at.c.disturb(DELETE, { heldUntil: waitForCopies(made, 'b').then(() => turns(50)) });
    await stopDuringUpload(stop, made);
    expect([at.b.images.size, at.c.images.size]).toEqual([0, 0]);
  });

  /** Stops while two clouds have their records and wait for the third, whose Keystone hangs. */
  const stopDuringJoin = async () => {
    at.d.disturb(TOKENS, 'hang');
    const stop = new AbortController();
    const failure = failureOf(send(makeTools({ signal: stop.signal }), 'b', 'c', 'd'));
    await until(() => at.b.images.size + at.c.images.size === 2);
    await until(() => at.clock.hasSleeper(5000));
    await turns(200);
    stop.abort(new CancelledError('stopped by SIGTERM'));
    return failure;
  };

  test('Stopping while one cloud is slow deletes the unfinished copies in the others', async () => {
    const failure = stopDuringJoin();
    await until(() => at.b.seen(DELETE).length === 1);
    await until(() => at.c.seen(DELETE).length === 1);
    await turns(200);
    expect(await advanceUntilEnd(failure, 1_000_000)).toMatchObject({ kind: 'cancelled' });
    expect([at.b.images.size, at.c.images.size]).toEqual([0, 0]);
  });

  test('A stopped distribution does not wait for a Keystone that hangs', async () => {
    const failure = stopDuringJoin();
    const isEnded = watch(failure);
    await until(() => at.b.seen(DELETE).length === 1);
    await until(() => at.c.seen(DELETE).length === 1);
    await turns(300);
    const wasEnded = isEnded(); // the clock has not advanced
    await advanceUntilEnd(failure, 1_000_000);
    expect(wasEnded).toBe(true);
  });

  test('A stopped distribution records the clouds that already have the image', async () => {
    at.c.disturb(PUT, { stallUpload: 1000 });
    const uploads = at.c.arrivals(PUT);
    const stop = new AbortController();
    const made = makeTools({ signal: stop.signal });
    const failure = failureOf(send(made, 'b', 'c'));
    await waitForCopies(made, 'b');
    await uploads.reach();
    await turns(10);
    stop.abort(new CancelledError('stopped by SIGTERM'));
    await failure;
    expect(made.facts().images).toMatchObject([{ cloud: 'b', outcome: 'copied' }]);
    expect([at.b.named().length, at.c.images.size]).toEqual([1, 0]);
  });

  test('A distribution that is stopped before its start creates nothing', async () => {
    const made = makeTools({ signal: AbortSignal.abort(new CancelledError('stopped')) });
    expect(await failureOf(send(made, 'b'))).toMatchObject({ kind: 'cancelled' });
    expect(at.b.seen(CREATE)).toEqual([]);
  });
});
