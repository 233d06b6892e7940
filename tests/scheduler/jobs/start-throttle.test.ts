import { expect, test } from '@jest/globals';
import type { CopyEntry } from '../../../src/scheduler/plan/plan-entry.ts';
import { StartThrottle } from '../../../src/scheduler/jobs/start-throttle.ts';
import { desiredState } from '../desired-fixtures.ts';
import { NOBLE, NOW } from '../plan/plan-fixtures.ts';

const MINUTE = 60_000;
const copy = (...uploadTo: readonly string[]): CopyEntry => ({
  ...{ act: 'copy', imageName: NOBLE, imageId: 'new', uploadTo, reason: 'new consumer' },
});

test('A copy that is not visible afterwards starts less and less often', () => {
  const throttle = new StartThrottle();
  const starts: number[] = [];
  for (let minute = 0; minute < 180; minute += 1) {
    if (throttle.admit(copy('red'), desiredState(), NOW + minute * MINUTE)) starts.push(minute);
  }
  expect(starts).toEqual([0, 4, 12, 28, 60, 108, 156]);
});

test('A copy to another cloud or with other settings is not throttled', () => {
  const throttle = new StartThrottle();
  throttle.admit(copy('red'), desiredState(), NOW);
  expect([
    throttle.admit(copy('red'), desiredState(), NOW + 1),
    throttle.admit(copy('red', 'blue'), desiredState(), NOW + 1),
    throttle.admit(copy('red'), desiredState({ credentialsGeneration: 2 }), NOW + 1),
  ]).toEqual([false, true, true]);
});
