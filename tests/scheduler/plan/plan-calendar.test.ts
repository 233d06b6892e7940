import { describe, expect, test } from '@jest/globals';
import type { PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { deriveBuilt } from '../../../src/scheduler/report/derive-built.ts';
import { desiredState } from '../desired-fixtures.ts';
import {
  HOUR,
  NOBLE,
  NOW,
  afterFailure,
  builtAndCopied,
  describePlan,
  hoursAgo,
  planInput,
  request,
} from './plan-fixtures.ts';

const times = { last: NOW - 2 * HOUR, next: NOW + 22 * HOUR };
const closed = { opensAt: NOW + 3 * HOUR };
const WAITS = 'waits for the build window at 2026-11-21T15:00Z';

describe('scheduled builds', () => {
  test.each<readonly [string, Partial<PlanInput>, string]>([
    [
      'An image from before the last scheduled time is built again, however young it is',
      { calendar: { times }, observation: builtAndCopied(hoursAgo(3)) },
      `build ${NOBLE} → red: scheduled at 2026-11-21T10:00Z`,
    ],
    [
      'An image from after the last scheduled time is fresh until the next, however old it is',
      { calendar: { times: { ...times, last: NOW - 90 * HOUR } }, observation: builtAndCopied(hoursAgo(80)) },
      `${NOBLE}: fresh until 2026-11-22T10:00Z`,
    ],
    [
      'An image that was never built does not wait for a scheduled time or the window',
      { calendar: { times, ...closed } },
      `build ${NOBLE} → red: never built`,
    ],
    [
      'A scheduled build waits for the build window',
      { calendar: { times, ...closed }, observation: builtAndCopied(hoursAgo(3)) },
      `${NOBLE}: scheduled at 2026-11-21T10:00Z; ${WAITS}`,
    ],
    [
      'A build whose interval has elapsed waits for the build window',
      { calendar: closed, observation: builtAndCopied(hoursAgo(6)) },
      `${NOBLE}: interval elapsed: built 6 h ago; ${WAITS}`,
    ],
    [
      'A build after a change of an option waits for the build window while an image is served',
      {
        calendar: closed,
        desired: desiredState({ images: { runnerVersion: '2.331.0' } }),
        observation: builtAndCopied(hoursAgo(1)),
      },
      `${NOBLE}: inputs changed: runner latest → 2.331.0; ${WAITS}`,
    ],
    [
      'A build that an action requests does not wait for the build window',
      {
        calendar: { times, ...closed },
        desired: desiredState({ requests: [request('42', 'b1')] }),
        observation: builtAndCopied(hoursAgo(1)),
      },
      `build ${NOBLE} → red: asked by action 42`,
    ],
    [
      'A failed build of an image that is still served is tried again in the build window',
      {
        calendar: closed,
        observation: builtAndCopied(hoursAgo(1)),
        journal: afterFailure(desiredState(), 'build', NOW - 5 * 60_000),
      },
      `${NOBLE}: the last build failed; ${WAITS}`,
    ],
  ])('%s', (_title, changes, expected) => {
    expect(describePlan(planInput(changes))).toEqual([expected]);
  });

  test('The report gives the start of the build window as the time of the next build', () => {
    const input = planInput({ calendar: closed, observation: builtAndCopied(hoursAgo(6)) });
    const facts = { ...input, plan: planWork(input), ongoing: [], batch: { done: 0, total: 0 } };
    expect(deriveBuilt(undefined, facts).nextBuildAt).toBe('2026-11-21T15:00:00.000Z');
  });
});
