import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createCronSchedule, isClockSet } from '../../src/scheduler/schedule.ts';
import { systemClock } from '../../src/system/clock.ts';
import { createLogger } from '../../src/system/log/logger.ts';
import { until } from './support/daemon-fixture.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('a clock that is set', () => {
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

  /** Ticks by node-cron; gives how many have come. */
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

  test('back by an hour ticks on at once', async () => {
    const ticks = startTicks('* * * * * *');
    await until(() => ticks() > 0);
    setMs = -HOUR;
    const before = ticks();
    await until(() => ticks() >= before + 2);
    expect(log.join('\n')).toContain('the ticks begin anew');
  }, 15_000);

  test('far ahead ticks on, and nothing walks through what was missed', async () => {
    const ticks = startTicks('*/3 * * * * *');
    await until(() => ticks() > 0);
    setMs = DAY;
    const before = ticks();
    await until(() => ticks() > before);
    expect(log.join('\n')).not.toContain('missed execution');
  }, 20_000);
});

test.each([
  ['an hour back', -HOUR, true],
  ['an hour ahead', HOUR, true],
  ['a second ahead', 1000, false],
  ['as it was', 0, false],
])('a clock that is %s is noticed as it should be', (_, change, expected) => {
  expect(isClockSet(1_000_000, 1_000_000 + change)).toBe(expected);
});
