import { describe, expect, test } from '@jest/globals';
import { ConfigInvalidError } from '../../src/charm/errors.ts';
import { charmConfig } from './support/options.ts';

function problemOf(option: string, value: string): string {
  try {
    charmConfig({ [option]: value });
    return '';
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error;
    expect(error.problems).toHaveLength(1);
    return error.problems[0] ?? '';
  }
}

describe('build-schedule', () => {
  test.each([
    ['30 2 * * 1-5', '30 2 * * 1-5', 'UTC'],
    [' CRON_TZ=Europe/Berlin  0 */6 * * * ', '0 */6 * * *', 'Europe/Berlin'],
  ])('The schedule "%s" is accepted', (given, expression, timeZone) => {
    expect(charmConfig({ 'build-schedule': given }).buildTimes).toEqual({ expression, timeZone });
  });

  test.each([
    ['daily', 'not five fields'],
    ['0 0 3 * * *', 'not five fields'],
    ['0 25 * * *', '25 is a invalid expression for hour'],
    ['0 3 31 2 *', ''],
    ['0 3 1 1,7 *', 'the month must be *'],
    ['CRON_TZ=Berlin 0 3 * * *', 'Invalid time zone specified: Berlin'],
    ['CRON_TZ= 0 3 * * *', 'Invalid time zone specified'],
    [`${'0,'.repeat(500)}0 3 * * *`, 'longer than 100 characters'],
  ])('The schedule "%.30s" is refused', (given, reason) => {
    const problem = problemOf('build-schedule', given);
    expect(problem).toMatch(/^build-schedule: expected a cron expression such as 30 2 \* \* 1-5, .*, got /);
    expect(problem).toContain(reason);
    expect(problem.length).toBeLessThan(500);
  });
});

describe('build-window', () => {
  test.each([
    ['22:00-06:00', { from: 1320, to: 360, timeZone: 'UTC' }],
    ['00:00-23:59 Asia/Kathmandu', { from: 0, to: 1439, timeZone: 'Asia/Kathmandu' }],
  ])('The window "%s" is accepted', (given, window) => {
    expect(charmConfig({ 'build-window': given }).buildWindow).toEqual(window);
  });

  test.each([
    '22-6',
    '24:00-06:00',
    '22:00-22:00',
    '22:00-06:00-08:00',
    '22:00-06:00 Moon',
    '22:00-06:00 UTC +1',
  ])('The window "%s" is refused', (given) => {
    expect(problemOf('build-window', given)).toMatch(
      /^build-window: expected two different times of day such as 22:00-06:00, .*, got /,
    );
  });
});
