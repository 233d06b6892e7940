import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/model/secret.ts';
import { NO_BATCH, nextBatch } from '../../src/scheduler/report/build-batch.ts';
import { SingleFlight } from '../../src/scheduler/single-flight.ts';
import { proxyEnvironment } from '../../src/scheduler/jobs/proxy-environment.ts';
import { ScheduledDispatch } from '../../src/scheduler/notify/scheduled-dispatch.ts';
import { createCronSchedule } from '../../src/scheduler/schedule.ts';
import { createLogger } from '../../src/system/log/logger.ts';
import { systemClock } from '../../src/system/clock.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from './support/daemon-fixture.ts';

const silent = createLogger({ level: 'error', format: 'json', clock: systemClock, write: () => undefined });

const time = { clock: systemClock, monotonic: () => performance.now() };

describe('coalesced work', () => {
  /** Work that goes on until it is let go, and what it was done for. */
  function heldWork() {
    const runs: (readonly string[])[] = [];
    let release: () => void = () => undefined;
    const work = new SingleFlight((causes) => {
      runs.push(causes);
      return new Promise((resolve) => (release = resolve));
    });
    return { runs, work, release: () => release() };
  }

  test('is done once for all who ask in the same moment', async () => {
    const { runs, work, release } = heldWork();
    for (const cause of ['a', 'b', 'a']) work.request(cause);
    await until(() => runs.length === 1);
    release();
    await work.idle();
    expect(runs).toEqual([['a', 'b']]);
  });

  test('is done once more for all who ask while it is being done, and never twice at a time', async () => {
    const { runs, work, release } = heldWork();
    work.request('a');
    await until(() => runs.length === 1);
    for (const cause of ['b', 'c']) work.request(cause);
    expect(runs).toHaveLength(1);
    release();
    await until(() => runs.length === 2);
    release();
    await work.idle();
    expect(runs).toEqual([['a'], ['b', 'c']]);
  });
});

describe('a batch', () => {
  test('counts builds from the first that runs to the last that ends', () => {
    const steps = [
      { ended: 0, running: 0, waiting: 3 },
      { ended: 0, running: 2, waiting: 1 },
      { ended: 1, running: 2, waiting: 0 },
      { ended: 1, running: 1, waiting: 0 },
      { ended: 1, running: 0, waiting: 0 },
    ];
    let batch = NO_BATCH;
    const told = steps.map((step) => {
      batch = nextBatch(batch, step);
      return `${batch.done}/${batch.total}`;
    });
    expect(told).toEqual(['0/0', '0/3', '1/3', '2/3', '0/0']);
  });
});

describe('a tick', () => {
  test('waits 30 s for a charm that does not answer, and does not ask again meanwhile', async () => {
    const clock = new ManualClock();
    let entries = 0;
    const enter = () => {
      entries += 1;
      return new Promise<never>(() => undefined);
    };
    const { signal } = new AbortController();
    const ticker = new ScheduledDispatch({ dispatch: enter, clock, logger: silent, signal });
    let ticks = 0;
    const tick = () => ticker.dispatch().then(() => (ticks += 1));
    const both = [tick(), tick()];
    await clock.advance(29_000);
    expect(ticks).toBe(0);
    await clock.advance(1000);
    await Promise.all(both);
    void tick();
    expect({ ticks, entries }).toEqual({ ticks: 2, entries: 1 });
  });

  test('comes from node-cron, and never while the last one is at work', async () => {
    const stop = new AbortController();
    let ticks = 0;
    const onTick = async (): Promise<void> => {
      ticks += 1;
      await systemClock.sleep(1500, stop.signal);
    };
    createCronSchedule(silent, time, '* * * * * *').start(onTick, stop.signal);
    await until(() => ticks === 1);
    await systemClock.sleep(1100);
    expect(ticks).toBe(1);
    await until(() => ticks === 2);
    stop.abort();
  });
});

test('proxies are told to jobs in both spellings, and only those that are set', () => {
  const proxy = { http: new Secret('http://p'), https: new Secret(''), noProxy: new Secret('10.0.0.0/8') };
  expect(proxyEnvironment(proxy)).toEqual({
    ...{ http_proxy: 'http://p', HTTP_PROXY: 'http://p' },
    ...{ no_proxy: '10.0.0.0/8', NO_PROXY: '10.0.0.0/8' },
  });
});
