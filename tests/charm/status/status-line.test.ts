import { expect, test } from '@jest/globals';
import { minuteOf } from '../../../src/charm/status/status-line.ts';

test.each([
  ['2026-11-21T23:59:59.999Z', '23:59Z'],
  ['2026-11-21T00:00:00.000Z', '00:00Z'],
  ['2026-11-22T00:00:00.000Z', '2026-11-22 00:00Z'],
  ['2026-11-20T23:59:00.000Z', '2026-11-20 23:59Z'],
  ['soon', 'soon'],
])('The time %s is shown as %s on 21 November', (time, expected) => {
  expect(minuteOf(time, Date.parse('2026-11-21T12:00:00Z'))).toBe(expected);
});
