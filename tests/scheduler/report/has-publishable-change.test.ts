import { describe, expect, test } from '@jest/globals';
import {
  type BuiltInput,
  deriveBuilt,
  hasPublishableChange,
} from '../../../src/scheduler/report/derive-built.ts';
import type { PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { desiredState } from '../desired-fixtures.ts';
import {
  NOBLE,
  afterFailure,
  copyOf,
  failed,
  hoursAgo,
  image,
  job,
  planInput,
  seen,
} from '../plan/plan-fixtures.ts';

const images = [image('new'), image('old', { createdAt: hoursAgo(3) }), image('half', { status: 'saving' })];
const observed = [seen('builder', 'build', images), seen('red', 'red', [copyOf('new')])];
function input(changes: Partial<PlanInput> = {}, more: Partial<BuiltInput> = {}): BuiltInput {
  const given = planInput({ observation: observed, ...changes });
  const ongoing = given.ongoing.map((each) => ({ ...each, step: 'wait for server' }));
  return { ...given, plan: planWork(given), ongoing, batch: { done: 0, total: 0 }, ...more };
}

describe('hasPublishableChange', () => {
  const running = (step: string) => {
    const given = input({ ongoing: [job('build', NOBLE)] });
    return deriveBuilt(undefined, { ...given, ongoing: given.ongoing.map((each) => ({ ...each, step })) });
  };
  const idle = deriveBuilt(undefined, input());

  test.each([
    ['The first report is a publishable change', undefined, idle, true],
    ['An unchanged report is not a publishable change', idle, idle, false],
    ['A build that starts is a publishable change', idle, running('create server'), true],
    [
      'The next step of a build is not a publishable change',
      running('create server'),
      running('wait for server'),
      false,
    ],
    [
      'A prune that starts is not a publishable change',
      idle,
      deriveBuilt(undefined, input({ ongoing: [job('prune', NOBLE)] })),
      false,
    ],
    [
      'A new image is a publishable change',
      idle,
      deriveBuilt(
        undefined,
        input({
          observation: [
            seen('builder', 'build', images),
            seen('red', 'red', [copyOf('new'), copyOf('x', { createdAt: hoursAgo(0) })]),
          ],
        }),
      ),
      true,
    ],
    [
      'A cloud that fails is a publishable change',
      idle,
      deriveBuilt(undefined, input({ observation: [observed[0] ?? failed('builder'), failed('red')] })),
      true,
    ],
    [
      'A build that fails is a publishable change',
      idle,
      deriveBuilt(undefined, input({ journal: afterFailure(desiredState(), 'build') })),
      true,
    ],
    [
      'A removal of the credentials is a publishable change',
      idle,
      deriveBuilt(idle, input({ credentials: 'missing' })),
      true,
    ],
    [
      'A new generation alone is not a publishable change',
      idle,
      { ...idle, generation: 9, desiredGeneration: 9 },
      false,
    ],
  ])('%s', (_, before, after, expected) => {
    expect(hasPublishableChange(before, after)).toBe(expected);
  });
});
