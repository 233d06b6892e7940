import { expect, test } from '@jest/globals';
import { skip } from '../../../src/scheduler/plan/plan-entry.ts';
import type { Plan } from '../../../src/scheduler/plan/plan.ts';
import { PlanChangeLog } from '../../../src/scheduler/report/change-log.ts';

test('The log of plans has what changed, but not that a cloud is being listed', () => {
  const lines: unknown[] = [];
  const ignore = (): void => undefined;
  const log = new PlanChangeLog({
    ...{ error: ignore, warning: ignore, debug: ignore },
    info: (_message, fields) => void lines.push(fields),
  });
  const fresh = skip('fresh', 'app-noble-x64', 'fresh until 2026-11-21T13:00Z');
  const listing = skip('listing', 'red', 'cloud red: its images are being listed');
  const failed = skip('cloud', 'red', 'cloud red: no answer');
  const plans: readonly Plan[] = [[fresh, listing], [fresh], [fresh, failed], [listing]];
  for (const plan of plans) log.log(plan);
  expect(lines).toEqual([
    { what: 'skip app-noble-x64', reason: fresh.reason },
    { what: 'skip red', reason: failed.reason },
  ]);
});
