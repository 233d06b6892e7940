import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createCronSchedule, isClockSet } from '../../src/scheduler/schedule.ts';
import { systemClock } from '../../src/system/clock.ts';
import { createLogger } from '../../src/system/log/logger.ts';
import { until } from './support/daemon-fixture.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('a system clock that is set', () => {
  let stop = new AbortController();
  let log: string[] = [];
  let setMs = 0;
  const RealDate = Date;

  beforeEach(() => {
    [stop, log, setMs] = [new AbortController(), [], 0];
    globalThis.Date = class extends RealDate {
      constructor(...given: readonly unknown[]) {
        super(...((given.length === 0 ? [RealDate.now() + setMs] : given) as [number]));
      }
      static override now(): number {
        return RealDate.now() + setMs;
      }
    } as DateConstructor;
  });
  afterEach(() => {
    stop.abort();
    globalThis.Date = RealDate;
  });

  /** Starts a node-cron schedule and returns a function that counts its ticks. */
  function startTicks(pattern: string): () => number {
    const clock = { now: () => Date.now(), sleep: systemClock.sleep.bind(systemClock) };
    const write = (line: string): unknown => log.push(line);
    const logger = createLogger({ level: 'debug', format: 'json', clock, write });
    const monotonic = (): number => performance.now();
    let ticks = 0;
    const onTick = (): Promise<void> => {
      ticks += 1;
      return Promise.resolve();
    };
    createCronSchedule(logger, { clock, monotonic, watchMs: 50 }, pattern).start(onTick, stop.signal);
    return () => ticks;
  }

  test('A schedule continues at once after the clock is set back by an hour', async () => {
    const ticks = startTicks('* * * * * *');
    await until(() => ticks() > 0);
    setMs = -HOUR;
    const before = ticks();
    await until(() => ticks() >= before + 2);
    expect(log.join('\n')).toContain('the schedule was restarted');
  }, 15_000);

  test('A schedule continues after the clock is set ahead by a day without processing missed ticks', async () => {
    const ticks = startTicks('*/3 * * * * *');
    await until(() => ticks() > 0);
    setMs = DAY;
    const before = ticks();
    await until(() => ticks() > before);
    expect(log.join('\n')).not.toContain('missed execution');
  }, 20_000);
});

test.each([
  ['A clock that is an hour back counts as set', -HOUR, true],
  ['A clock that is an hour ahead counts as set', HOUR, true],
  ['A clock that is a second ahead does not count as set', 1000, false],
  ['An unchanged clock does not count as set', 0, false],
])('%s', (_, change, expected) => {
  expect(isClockSet(1_000_000, 1_000_000 + change)).toBe(expected);
});
