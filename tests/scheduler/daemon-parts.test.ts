import { describe, expect, test } from '@jest/globals';
import { NO_BATCH, nextBatch } from '../../src/scheduler/report/build-batch.ts';
import { SingleFlight } from '../../src/scheduler/single-flight.ts';
import { ScheduledDispatch } from '../../src/scheduler/notify/scheduled-dispatch.ts';
import { createCronSchedule } from '../../src/scheduler/schedule.ts';
import { createLogger } from '../../src/system/log/logger.ts';
import { systemClock } from '../../src/system/clock.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from './support/daemon-fixture.ts';

const silent = createLogger({ level: 'error', format: 'json', clock: systemClock, write: () => undefined });

const time = { clock: systemClock, monotonic: () => performance.now() };

describe('SingleFlight', () => {
  /** Creates work that runs until `release` is called, and records the causes of each run. */
  function pausedWork() {
    const runs: (readonly string[])[] = [];
    let release: () => void = () => undefined;
    const work = new SingleFlight((causes) => {
      runs.push(causes);
      return new Promise((resolve) => (release = resolve));
    });
    return { runs, work, release: () => release() };
  }

  test('Requests of the same moment share one run', async () => {
    const { runs, work, release } = pausedWork();
    for (const cause of ['a', 'b', 'a']) work.request(cause);
    await until(() => runs.length === 1);
    release();
    await work.idle();
    expect(runs).toEqual([['a', 'b']]);
  });

  test('Requests that arrive during a run share one more run after it', async () => {
    const { runs, work, release } = pausedWork();
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
  test('A batch counts builds from the first running build until the last one ends', () => {
    const steps = [
      { ended: 0, running: 0, waiting: 3 },
      { ended: 0, running: 2, waiting: 1 },
      { ended: 1, running: 2, waiting: 0 },
      { ended: 1, running: 1, waiting: 0 },
      { ended: 1, running: 0, waiting: 0 },
    ];
    let batch = NO_BATCH;
    const counts = steps.map((step) => {
      batch = nextBatch(batch, step);
      return `${batch.done}/${batch.total}`;
    });
    expect(counts).toEqual(['0/0', '0/3', '1/3', '2/3', '0/0']);
  });
});

describe('a tick', () => {
  test('A tick waits at most 30 s for the charm and does not dispatch it a second time in parallel', async () => {
    const clock = new ManualClock();
    let dispatches = 0;
    const dispatch = () => {
      dispatches += 1;
      return new Promise<never>(() => undefined);
    };
    const { signal } = new AbortController();
    const scheduledDispatch = new ScheduledDispatch({ dispatch, clock, logger: silent, signal });
    let ticks = 0;
    const tick = () => scheduledDispatch.dispatch().then(() => (ticks += 1));
    const both = [tick(), tick()];
    await clock.advance(29_000);
    expect(ticks).toBe(0);
    await clock.advance(1000);
    await Promise.all(both);
    void tick();
    expect({ ticks, dispatches }).toEqual({ ticks: 2, dispatches: 1 });
  });

  test('node-cron starts no tick while the previous one is running', async () => {
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
