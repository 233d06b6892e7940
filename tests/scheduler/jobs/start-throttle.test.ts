import { expect, test } from '@jest/globals';
import type { CopyEntry } from '../../../src/scheduler/plan/plan-entry.ts';
import { StartThrottle } from '../../../src/scheduler/jobs/start-throttle.ts';
import { desiredState } from '../desired-fixtures.ts';
import { NOBLE, NOW } from '../plan/plan-fixtures.ts';

const MINUTE = 60_000;
const copy = (...uploadTo: readonly string[]): CopyEntry => ({
  ...{ act: 'copy', imageName: NOBLE, imageId: 'new', uploadTo, reason: 'new consumer' },
});

test('a copy that is not seen afterwards runs less and less often', () => {
  const repeats = new StartThrottle();
  const starts: number[] = [];
  for (let minute = 0; minute < 180; minute += 1) {
    if (repeats.admit(copy('red'), desiredState(), NOW + minute * MINUTE)) starts.push(minute);
  }
  expect(starts).toEqual([0, 4, 12, 28, 60, 108, 156]);
});

test('a copy to another cloud, or under other settings, does not wait for that', () => {
  const repeats = new StartThrottle();
  repeats.admit(copy('red'), desiredState(), NOW);
  expect([
    repeats.admit(copy('red'), desiredState(), NOW + 1),
    repeats.admit(copy('red', 'blue'), desiredState(), NOW + 1),
    repeats.admit(copy('red'), desiredState({ credentialsGeneration: 2 }), NOW + 1),
  ]).toEqual([false, true, true]);
});
