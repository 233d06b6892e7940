import { describe, expect, test } from '@jest/globals';
import { type BuildCalendar, BuildCalendars } from '../../src/scheduler/build-calendar.ts';
import type { BuildSchedule } from '../../src/model/unit/schedule.ts';

const MINUTE = 60_000;
const at = (text: string): number => Date.parse(text);
const schedule = (changes: Partial<BuildSchedule>): BuildSchedule => ({
  ...{ unit: 'app/0', intervalHours: 6 },
  ...changes,
});
const calendarAt = (changes: Partial<BuildSchedule>, now: string): BuildCalendar =>
  new BuildCalendars().at(schedule(changes), at(now));

/** Returns the delay of app/0 in milliseconds. */
function delayOf(unit = 'app/0'): number {
  const times = { expression: '0 3 * * *', timeZone: 'UTC' };
  const { times: found } = calendarAt({ unit, times }, '2026-03-10T12:00:00Z');
  return (found?.last ?? 0) - at('2026-03-10T03:00:00Z');
}

describe('scheduled times', () => {
  test('Without times and window only the interval counts', () => {
    expect(calendarAt({}, '2026-03-10T12:00:00Z')).toEqual({ intervalHours: 6, expectedHours: 6 });
  });

  test('A unit always has the same delay of at most 15 minutes, and units differ', () => {
    const delays = ['a/0', 'b/0', 'c/0', 'd/0', 'e/0'].map((unit) => delayOf(unit) / MINUTE);
    expect(delays).toEqual(['a/0', 'b/0', 'c/0', 'd/0', 'e/0'].map((unit) => delayOf(unit) / MINUTE));
    for (const delay of delays) expect([...Array(16).keys()]).toContain(delay);
    expect(new Set(delays).size).toBeGreaterThan(1);
  });

  test.each([
    ['UTC', '0 3 * * *', '2026-03-10T12:00:00Z', '2026-03-10T03:00:00Z', '2026-03-11T03:00:00Z', 24],
    ['UTC', '0 3 * * 1-5', '2026-03-14T12:00:00Z', '2026-03-13T03:00:00Z', '2026-03-16T03:00:00Z', 72],
    // Summer time starts in Berlin on 29 March 2026.
    [
      'Europe/Berlin',
      '0 5 * * *',
      '2026-03-29T12:00:00Z',
      '2026-03-29T03:00:00Z',
      '2026-03-30T03:00:00Z',
      24,
    ],
    [
      'Asia/Kathmandu',
      '0 3 * * *',
      '2026-03-10T12:00:00Z',
      '2026-03-09T21:15:00Z',
      '2026-03-10T21:15:00Z',
      24,
    ],
    ['UTC', '0 0 31 * *', '2026-09-10T00:00:00Z', '2026-08-31T00:00:00Z', '2026-10-31T00:00:00Z', 1464],
  ])('In %s the times around a moment of "%s" are found', (timeZone, expression, now, last, next, hours) => {
    const delay = delayOf();
    expect(calendarAt({ times: { expression, timeZone } }, now)).toEqual({
      ...{ intervalHours: hours, expectedHours: hours },
      times: { last: at(last) + delay, next: at(next) + delay },
    });
  });

  test('A calendar that has remembered its times finds those of a later moment and of another schedule', () => {
    const calendars = new BuildCalendars();
    const lastOf = (expression: string, now: string): string | undefined => {
      const times = { expression, timeZone: 'UTC' };
      const { times: found } = calendars.at(schedule({ times }), at(now));
      return found && new Date(found.last - delayOf()).toISOString();
    };
    expect(lastOf('0 3 * * *', '2026-03-10T12:00:00Z')).toBe('2026-03-10T03:00:00.000Z');
    expect(lastOf('0 3 * * *', '2026-03-11T02:00:00Z')).toBe('2026-03-10T03:00:00.000Z');
    expect(lastOf('0 3 * * *', '2026-03-11T12:00:00Z')).toBe('2026-03-11T03:00:00.000Z');
    expect(lastOf('0 4 * * *', '2026-03-11T12:00:00Z')).toBe('2026-03-11T04:00:00.000Z');
    expect(lastOf('0 4 * * *', '2026-03-09T12:00:00Z')).toBe('2026-03-09T04:00:00.000Z');
  });
});

describe('the build window', () => {
  const night = { from: 1320, to: 360, timeZone: 'UTC' };

  test.each([
    ['2026-03-10T22:00:00Z', undefined],
    ['2026-03-11T05:59:59Z', undefined],
    ['2026-03-11T06:00:00Z', '2026-03-11T22:00:00.000Z'],
    ['2026-03-10T21:59:30Z', '2026-03-10T22:00:00.000Z'],
  ])('At %s the window over midnight opens at %s', (now, opening) => {
    const { opensAt } = calendarAt({ window: night }, now);
    expect(calendarAt({ window: night }, now).expectedHours).toBe(30);
    expect(opensAt === undefined ? undefined : new Date(opensAt).toISOString()).toBe(opening);
  });

  test('A window is in the time of its zone', () => {
    const window = { from: 60, to: 120, timeZone: 'Asia/Kathmandu' };
    expect(calendarAt({ window }, '2026-03-10T19:30:00Z').opensAt).toBeUndefined(); // 01:15
    expect(calendarAt({ window }, '2026-03-10T20:15:00Z').opensAt).toBe(at('2026-03-11T19:15:00Z')); // 02:00
  });
});
