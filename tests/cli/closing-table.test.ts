import { expect, test } from '@jest/globals';
import { renderClosingTable } from '../../src/cli/closing-table.ts';
import { uuidOf } from '../support/uuid-of.ts';

test('The closing table has the built image, each copy and the total time', () => {
  const log = {
    imageId: uuidOf('i1'),
    imageBytes: 2 * 1024 ** 3,
    images: [
      { cloud: 'a', imageId: uuidOf('i2'), outcome: 'copied', provenBy: 'hash', bytes: 2 * 1024 ** 3 },
      { cloud: 'b', outcome: 'failed', kind: 'denied', reason: 'quota' },
    ].map((copy) => ({ ...copy, attempts: 1, seconds: 3 })),
    warnings: [],
  } as Parameters<typeof renderClosingTable>[0];
  expect(
    renderClosingTable(log, 65_000)
      .split('\n')
      .map((line) => line.split(/ {2,}/)),
  ).toEqual([
    [''],
    ['CLOUD', 'IMAGE', 'OUTCOME', 'SIZE', 'TOOK'],
    ['the build cloud', uuidOf('i1'), 'built', '2.0 GiB'],
    ['a', uuidOf('i2'), 'copied', '2.0 GiB', '3.0 s'],
    ['b', '-', 'failed', '-', '3.0 s'],
    ['total: 1 min 5 s'],
    [''],
  ]);
});

test('A command without images has no closing table', () => {
  expect(renderClosingTable({ warnings: [] }, 1000)).toBe('');
});
