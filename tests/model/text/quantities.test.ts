import { expect, test } from '@jest/globals';
import { describeDuration, describeBytes } from '../../../src/model/text/quantities.ts';

test.each([
  [0, '0 s'],
  [95_000, '1 min 35 s'],
  [5 * 3_600_000 + 120_000, '5 h 2 min'],
  [76 * 3_600_000, '3 d 4 h'],
])('The duration of %d milliseconds reads %s', (milliseconds, text) => {
  expect(describeDuration(milliseconds)).toBe(text);
});

test.each([
  [36, '36 bytes'],
  [12 * 1024, '12 KiB'],
  [512 * 1024 ** 2, '512 MiB'],
  [2.4 * 1024 ** 3, '2.4 GiB'],
])('The size of %d bytes reads %s', (bytes, text) => {
  expect(describeBytes(bytes)).toBe(text);
});
