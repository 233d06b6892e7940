import { expect, test } from '@jest/globals';
import type { PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import {
  type BuiltInput,
  deriveBuilt,
  hasPublishableChange,
} from '../../../src/scheduler/report/derive-built.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { desiredState } from '../desired-fixtures.ts';
import { NOW, afterFailure, failed, planInput, seen } from '../plan/plan-fixtures.ts';

function input(changes: Partial<PlanInput>): BuiltInput {
  const given = planInput(changes);
  return { ...given, plan: planWork(given), ongoing: [], batch: { done: 0, total: 0 } };
}

const down = (request: string, what = 'answered 503') =>
  input({ observation: [failed('builder', `list: ${what} (request ${request})`), seen('red', 'red', [])] });
const failedBuild = (request: string, at = NOW) =>
  input({ journal: afterFailure(desiredState(), 'build', at, `create: answered 500 (request ${request})`) });

test('A different request id in the message of a cloud changes neither built.json nor the publishable part', () => {
  const before = deriveBuilt(undefined, down('req-1'));
  expect(deriveBuilt(before, down('req-2'))).toBe(before);
  const other = deriveBuilt(before, down('req-2', 'answered 401'));
  expect(other.generation).toBe(2);
  expect(hasPublishableChange(before, other)).toBe(true);
});

test('A repeated failure with other times and another request id is not a publishable change', () => {
  const before = deriveBuilt(undefined, failedBuild('req-1'));
  const after = deriveBuilt(before, failedBuild('req-2', NOW - 1000));
  expect(after.failures[0]?.failedAt).not.toBe(before.failures[0]?.failedAt);
  expect(hasPublishableChange({ ...before, idleReason: after.idleReason }, after)).toBe(false);
});
