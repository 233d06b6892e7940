import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ObservedCloud } from '../../../src/model/observation.ts';
import { EMPTY_JOURNAL } from '../../../src/scheduler/journal/journal.ts';
import type { Plan, PlanEntry, PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import type { Planner } from './plan-checks.ts';
import { runHidden } from './plan-hidden.ts';
import { anyEvent, runHistory } from './plan-property.ts';

/** Returns the faults of a planner; undefined without any. */
function findFault(planner: Planner): string | undefined {
  const anyHistory = fc.array(anyEvent, { maxLength: 40, size: 'max' });
  const hasNoFault = fc.property(anyHistory, (events) => runHistory(events, planner).length === 0);
  const run = fc.check(hasNoFault, { numRuns: 150, seed: 2026, endOnFailure: true });
  if (!run.failed) return undefined;
  const [events] = run.counterexample ?? [[]];
  return runHistory(events, planner).join('; ');
}

const withInput =
  (change: (input: PlanInput) => Partial<PlanInput>): Planner =>
  (input) =>
    planWork({ ...input, ...change(input) });

const edited =
  (edit: (entry: PlanEntry, input: PlanInput) => readonly PlanEntry[]): Planner =>
  (input): Plan =>
    planWork(input).flatMap((entry) => edit(entry, input));

/** Turns a failed cloud into an empty one. */
function asEmpty(cloud: ObservedCloud): ObservedCloud {
  const { cloudId } = cloud;
  return cloud.state === 'seen' ? cloud : { cloudId, state: 'seen', projectKey: cloudId, images: [] };
}

const published = (
  { desired }: PlanInput,
  imageIds: (of: readonly string[]) => readonly string[],
  isConfirmed?: true,
) => ({
  desired: {
    ...desired,
    published: desired.published?.map((each) => ({
      ...each,
      imageIds: imageIds(each.imageIds),
      isConfirmed: isConfirmed ?? each.isConfirmed,
    })),
  },
});

const MUTANTS: readonly (readonly [string, Planner, RegExp])[] = [
  [
    'ignores running jobs',
    withInput(() => ({ ongoing: [] })),
    /at the same time|run and|started again|being prepared/,
  ],
  [
    'forgets the published images',
    withInput((input) => published(input, () => [])),
    /prunes published images/,
  ],
  [
    'prunes before publications are confirmed',
    withInput((input) => published(input, (ids) => ids, true)),
    /publication is not confirmed/,
  ],
  [
    'forgets the times of builds',
    withInput(({ journal }) => ({ journal: { ...journal, builtAt: {} } })),
    /converge/,
  ],
  [
    'forgets failures',
    withInput(({ journal }) => ({ journal: { ...journal, failures: {} } })),
    /during its back-off/,
  ],
  [
    'forgets the builds that actions requested',
    withInput(({ journal }) => ({ journal: { ...journal, endedBuilds: [], answered: [] } })),
    /request|converge/,
  ],
  ['forgets everything', withInput(() => ({ journal: EMPTY_JOURNAL })), /./],
  ['does not wait for credentials', withInput(() => ({ credentials: 'ready' })), /without credentials/],
  [
    'treats a failed cloud as empty',
    withInput(({ observation }) => ({ observation: observation?.map(asEmpty) })),
    /was not seen|build cloud failed/,
  ],
  [
    'does not count slots',
    withInput(({ desired }) => ({ desired: { ...desired, maxParallel: 99 } })),
    /run and/,
  ],
  ['never copies', edited((entry) => (entry.act === 'copy' ? [] : [entry])), /lacks the newest|converge/],
  ['never builds', edited((entry) => (entry.act === 'build' ? [] : [entry])), /lacks the newest|converge/],
  [
    'copies to each consumer instead of each project',
    edited((entry, { desired }) =>
      entry.act === 'copy'
        ? [{ ...entry, uploadTo: desired.consumers.map(({ cloudId }) => cloudId) }]
        : [entry],
    ),
    /twice|was not seen|build project/,
  ],
  [
    'starts every build twice',
    edited((entry) => (entry.act === 'build' ? [entry, entry] : [entry])),
    /two builds/,
  ],
  [
    'starts every prune twice',
    edited((entry) => (entry.act === 'prune' ? [entry, entry] : [entry])),
    /twice/,
  ],
  [
    'decides at random',
    ((calls) => (input: PlanInput) => ((calls += 1) % 7 === 0 ? [] : planWork(input)))(0),
    /two plans/,
  ],
];

test('A planner that forgets its builds keeps building images that are never listed', () => {
  const forgetful = withInput(({ journal }) => ({ journal: { ...journal, builds: {} } }));
  expect(runHidden([], forgetful)).toEqual([expect.stringMatching(/builds of images that are never listed/)]);
  expect(runHidden([], planWork)).toEqual([]);
});

describe('the properties of a planner', () => {
  test('The properties hold for the real planner', () => {
    expect(findFault(planWork)).toBeUndefined();
  });

  test.each(MUTANTS)('The properties reject a planner that %s', (_, planner, fault) => {
    expect(findFault(planner)).toMatch(fault);
  });
});
