import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../../src/model/errors.ts';
import { parseSchedule } from '../../../src/model/unit/schedule.ts';

const schedule = (intervalHours: unknown): string => JSON.stringify({ unit: 'app/0', intervalHours });

describe('a schedule', () => {
  test('A schedule with an interval of one hour is accepted', () => {
    expect(parseSchedule(schedule(1))).toEqual({ unit: 'app/0', intervalHours: 1 });
  });

  test.each([0, -6])('A schedule with an interval of %d hours is refused', (hours) => {
    expect(() => parseSchedule(schedule(hours))).toThrow(InputError);
    expect(() => parseSchedule(schedule(hours))).toThrow(/intervalHours: expected at least 1, got/);
  });
});
