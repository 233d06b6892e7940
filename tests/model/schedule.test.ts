import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/model/errors.ts';
import { parseSchedule } from '../../src/model/schedule.ts';

const schedule = (intervalHours: unknown): string => JSON.stringify({ unit: 'app/0', intervalHours });

describe('a schedule', () => {
  test('is read with an interval of an hour or more', () => {
    expect(parseSchedule(schedule(1))).toEqual({ unit: 'app/0', intervalHours: 1 });
  });

  test.each([0, -6])('with an interval of %d hours is refused, which is told', (hours) => {
    expect(() => parseSchedule(schedule(hours))).toThrow(InputError);
    expect(() => parseSchedule(schedule(hours))).toThrow(/intervalHours: expected at least 1, got/);
  });
});
