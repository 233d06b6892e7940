import { describe, expect, test } from '@jest/globals';
import { SWEEP_SUBJECT } from '../../../src/model/job/to-ongoing-job.ts';
import { rememberFailure } from '../../../src/scheduler/journal/back-off.ts';
import { forgetDied, rememberDied } from '../../../src/scheduler/journal/died-jobs.ts';
import { type Journal, EMPTY_JOURNAL } from '../../../src/scheduler/journal/journal.ts';
import type { PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { settingsOf } from '../../../src/scheduler/plan/plan-settings.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { desiredState } from '../desired-fixtures.ts';
import { NOBLE, NOW, describePlan, job, planInput } from './plan-fixtures.ts';

const died = (subject = NOBLE, journal: Journal = EMPTY_JOURNAL, at = NOW): Journal =>
  rememberDied(journal, { kind: 'build', subject }, at);
const planSweeps = (input: PlanInput) =>
  planWork(input).filter(
    (entry) => entry.act === 'sweep' || (entry.act === 'skip' && entry.subject === SWEEP_SUBJECT),
  );
const SWEEP = `sweep builder+red: build ${NOBLE} ended without a result`;

describe('the plan of a sweep', () => {
  test('A job that died is a reason to sweep all clouds, first of all', () => {
    expect(describePlan(planInput({ journal: died() }))[0]).toBe(SWEEP);
    expect(planSweeps(planInput())).toEqual([]);
  });

  test('A unit on standby and one that has not queried its clouds sweep what their jobs left', () => {
    const standby = planInput({ journal: died(), desired: { ...desiredState(), role: 'observes' } });
    for (const input of [standby, planInput({ journal: died(), observation: undefined })])
      expect(describePlan(input)[0]).toBe(SWEEP);
  });

  test('A sweep waits for credentials', () => {
    expect(planSweeps(planInput({ journal: died(), credentials: 'missing' }))).toEqual([]);
  });

  test('Several dead jobs need one sweep, and a running sweep is not repeated', () => {
    const journal = died('app-jammy-x64', died());
    expect(planSweeps(planInput({ journal }))).toMatchObject([
      { reason: `build ${NOBLE} and 1 more job ended without a result` },
    ]);
    const ongoing = [job('sweep', SWEEP_SUBJECT)];
    expect(planSweeps(planInput({ journal, ongoing }))).toMatchObject([{ act: 'skip', cause: 'running' }]);
  });

  test('A sweep that failed is repeated after its back-off', () => {
    const settings = settingsOf(desiredState(), 'sweep', SWEEP_SUBJECT);
    const key = { kind: 'sweep', subject: SWEEP_SUBJECT, cloudId: '' } as const;
    const failure = { errorKind: 'unavailable', message: 'no answer', settings, now: NOW } as const;
    const journal = rememberFailure(died(), { ...key, ...failure, intervalHours: 6, random01: 0.5 });
    expect(planSweeps(planInput({ journal }))).toMatchObject([{ act: 'skip', cause: 'failed' }]);
    expect(planSweeps(planInput({ journal, now: NOW + 400_000 }))).toMatchObject([{ act: 'sweep' }]);
  });

  test('A job that died after the start of a sweep needs another sweep', () => {
    const journal = died('app-jammy-x64', died(NOBLE, EMPTY_JOURNAL, NOW - 2), NOW);
    expect(Object.keys(forgetDied(journal, NOW - 1, NOW).died)).toEqual(['build app-jammy-x64']);
  });

  test('A sweep forgets a job that died before the clock was set back', () => {
    expect(forgetDied(died(NOBLE, EMPTY_JOURNAL, NOW + 1), NOW - 1, NOW).died).toEqual({});
  });
});
