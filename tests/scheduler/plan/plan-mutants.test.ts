import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ObservedCloud } from '../../../src/model/observation.ts';
import { EMPTY_JOURNAL } from '../../../src/scheduler/journal/journal.ts';
import type { Plan, PlanEntry, PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import type { Planner } from './plan-checks.ts';
import { liveHidden } from './plan-hidden.ts';
import { anyEvent, liveThrough } from './plan-property.ts';

/** What the properties say against a planner; `undefined`: nothing. */
function findFault(planner: Planner): string | undefined {
  const anyHistory = fc.array(anyEvent, { maxLength: 40, size: 'max' });
  const faultless = fc.property(anyHistory, (events) => liveThrough(events, planner).length === 0);
  const run = fc.check(faultless, { numRuns: 150, seed: 2026, endOnFailure: true });
  if (!run.failed) return undefined;
  const [events] = run.counterexample ?? [[]];
  return liveThrough(events, planner).join('; ');
}

const blind =
  (change: (input: PlanInput) => Partial<PlanInput>): Planner =>
  (input) =>
    planWork({ ...input, ...change(input) });

const edited =
  (edit: (entry: PlanEntry, input: PlanInput) => readonly PlanEntry[]): Planner =>
  (input): Plan =>
    planWork(input).flatMap((entry) => edit(entry, input));

/** A cloud that failed, taken for an empty one. */
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
  ['does not look at what runs', blind(() => ({ ongoing: [] })), /at a time|run and|started again|in work/],
  ['forgets what is published', blind((input) => published(input, () => [])), /prunes what is published/],
  [
    'prunes before publications are read back',
    blind((input) => published(input, (ids) => ids, true)),
    /publication is changed/,
  ],
  [
    'forgets when it built',
    blind(({ journal }) => ({ journal: { ...journal, builtAt: {} } })),
    /come to rest/,
  ],
  [
    'forgets what failed',
    blind(({ journal }) => ({ journal: { ...journal, failures: {} } })),
    /while it rests/,
  ],
  [
    'forgets which requests had their builds',
    blind(({ journal }) => ({ journal: { ...journal, endedBuilds: [], answered: [] } })),
    /request|come to rest/,
  ],
  ['forgets everything', blind(() => ({ journal: EMPTY_JOURNAL })), /./],
  ['does not wait for credentials', blind(() => ({ credentials: 'ready' })), /without credentials/],
  [
    'takes a failed cloud for an empty one',
    blind(({ observation }) => ({ observation: observation?.map(asEmpty) })),
    /nothing was seen|build cloud failed/,
  ],
  ['does not count slots', blind(({ desired }) => ({ desired: { ...desired, maxParallel: 99 } })), /run and/],
  ['never copies', edited((entry) => (entry.act === 'copy' ? [] : [entry])), /lacks the newest|come to rest/],
  [
    'never builds',
    edited((entry) => (entry.act === 'build' ? [] : [entry])),
    /lacks the newest|come to rest/,
  ],
  [
    'copies to each consumer instead of each project',
    edited((entry, { desired }) =>
      entry.act === 'copy'
        ? [{ ...entry, uploadTo: desired.consumers.map(({ cloudId }) => cloudId) }]
        : [entry],
    ),
    /twice|nothing was seen|build project/,
  ],
  ['builds all twice', edited((entry) => (entry.act === 'build' ? [entry, entry] : [entry])), /two builds/],
  ['prunes all twice', edited((entry) => (entry.act === 'prune' ? [entry, entry] : [entry])), /twice/],
  [
    'rolls dice',
    ((calls) => (input: PlanInput) => ((calls += 1) % 7 === 0 ? [] : planWork(input)))(0),
    /two plans/,
  ],
];

test('a planner that forgets which builds were its own builds what is never seen again and again', () => {
  const forgetful = blind(({ journal }) => ({ journal: { ...journal, builds: {} } }));
  expect(liveHidden([], forgetful)).toEqual([expect.stringMatching(/builds of what is never seen/)]);
  expect(liveHidden([], planWork)).toEqual([]);
});

describe('the properties of a plan', () => {
  test('are those of ours', () => {
    expect(findFault(planWork)).toBeUndefined();
  });

  test.each(MUTANTS)('are not those of one that %s', (_, planner, fault) => {
    expect(findFault(planner)).toMatch(fault);
  });
});
