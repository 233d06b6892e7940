import { expect, test } from '@jest/globals';
import { type ImageCopy, copiedIds } from '../../src/model/delivery.ts';

const good = (cloud: string, imageId: string, outcome: 'copied' | 'already there' | 'itself'): ImageCopy => ({
  cloud,
  imageId,
  outcome,
  provenBy: 'hash',
  attempts: 1,
  seconds: 1,
});
const bad: ImageCopy = {
  cloud: 'x',
  outcome: 'failed',
  kind: 'denied',
  reason: 'r',
  attempts: 1,
  seconds: 1,
};

test('the ids of the clouds that have the image come in their order, failed ones left out', () => {
  const deliveries = [
    good('b', '2', 'copied'),
    bad,
    good('a', '1', 'already there'),
    good('c', '3', 'itself'),
  ];
  expect(copiedIds(deliveries)).toEqual(['2', '1', '3']);
  expect(copiedIds([bad])).toEqual([]);
  expect(copiedIds([])).toEqual([]);
});
