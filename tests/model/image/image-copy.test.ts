import { expect, test } from '@jest/globals';
import { type ImageCopy, copiedIds } from '../../../src/model/image/image-copy.ts';

const succeeded = (
  cloud: string,
  imageId: string,
  outcome: 'copied' | 'already there' | 'itself',
): ImageCopy => ({
  cloud,
  imageId,
  outcome,
  provenBy: 'hash',
  attempts: 1,
  seconds: 1,
});
const failed: ImageCopy = {
  cloud: 'x',
  outcome: 'failed',
  kind: 'denied',
  reason: 'r',
  attempts: 1,
  seconds: 1,
};

test('The ids of the successful copies keep their order, and failed copies are left out', () => {
  const copies = [
    succeeded('b', '2', 'copied'),
    failed,
    succeeded('a', '1', 'already there'),
    succeeded('c', '3', 'itself'),
  ];
  expect(copiedIds(copies)).toEqual(['2', '1', '3']);
  expect(copiedIds([failed])).toEqual([]);
  expect(copiedIds([])).toEqual([]);
});
