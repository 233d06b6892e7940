import { describe, expect, test } from '@jest/globals';
import { EMPTY_JOURNAL } from '../../../src/scheduler/journal/journal.ts';
import type { PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { desiredState } from '../desired-fixtures.ts';
import {
  HOUR,
  JAMMY,
  NOBLE,
  NOW,
  afterFailure,
  failed,
  hoursAgo,
  job,
  planInput,
  preparedOf,
  seen,
  describePlan,
  builtAndCopied,
  request,
} from './plan-fixtures.ts';

const prepared = planInput().journal;
const twoBases = desiredState({ images: { bases: ['noble', 'jammy'] } });
const three = desiredState({ images: { bases: ['noble', 'jammy', 'focal'] }, build: { maxParallel: 2 } });
describe('the plan of builds', () => {
  const table: readonly (readonly [string, Partial<PlanInput>, readonly string[]])[] = [
    [
      'A base is prepared before the first build on it',
      { journal: EMPTY_JOURNAL },
      ['prepare noble: never prepared', `${NOBLE}: waits for base noble/x64 to be prepared`],
    ],
    [
      'A base is prepared again after the interval',
      { journal: { ...EMPTY_JOURNAL, ...preparedOf({ noble: NOW - 6 * HOUR }) } },
      [
        'prepare noble: interval elapsed: prepared 6 h ago',
        `${NOBLE}: waits for base noble/x64 to be prepared`,
      ],
    ],
    [
      'A base that is being prepared is not prepared a second time',
      { journal: EMPTY_JOURNAL, ongoing: [job('prepare', 'noble')] },
      ['base noble/x64: being prepared', `${NOBLE}: waits for base noble/x64 to be prepared`],
    ],
    [
      'The preparation of a base is skipped for a time after it failed',
      { journal: afterFailure(desiredState(), 'prepare') },
      [
        'base noble/x64: skipped until 2026-11-21T12:05Z after 1 failure: no',
        `${NOBLE}: waits for base noble/x64 to be prepared`,
      ],
    ],
    [
      'A base is prepared again when the source of its images changes',
      { desired: desiredState({ images: { cloudImagesUrl: 'https://mirror' } }), journal: prepared },
      ['prepare noble: prepared under other settings', `${NOBLE}: waits for base noble/x64 to be prepared`],
    ],
    [
      'A base is prepared again for another build project',
      { desired: desiredState({ build: { project: 'another' } }), journal: prepared },
      ['prepare noble: prepared under other settings', `${NOBLE}: waits for base noble/x64 to be prepared`],
    ],
    [
      'A base is not prepared again when the runner version changes',
      { desired: desiredState({ images: { runnerVersion: '2.331.0' } }), journal: prepared },
      [`build ${NOBLE} → red: never built`],
    ],
    [
      'A base is not prepared again when the credentials change',
      { desired: desiredState({ credentialsGeneration: 2 }), journal: prepared },
      [`build ${NOBLE} → red: never built`],
    ],
    [
      'A base is prepared before a build that an action requested',
      { desired: desiredState({ requests: [request('42', 'b1')] }), journal: EMPTY_JOURNAL },
      ['prepare noble: never prepared', `${NOBLE}: waits for base noble/x64 to be prepared`],
    ],
    [
      'A build that an action requested starts although the preparation of its base failed',
      {
        desired: desiredState({ requests: [request('42', 'b1')] }),
        journal: afterFailure(desiredState(), 'prepare'),
      },
      [`build ${NOBLE} → red: asked by action 42`],
    ],
    [
      'A build that an action requested starts only once after the preparation of its base failed',
      {
        desired: desiredState({ requests: [request('42', 'b1')] }),
        journal: { ...afterFailure(desiredState(), 'prepare'), endedBuilds: ['b1'] },
      },
      [
        'base noble/x64: skipped until 2026-11-21T12:05Z after 1 failure: no',
        `${NOBLE}: waits for base noble/x64 to be prepared`,
      ],
    ],
    [
      'A base is not prepared while no build on it is due',
      { journal: EMPTY_JOURNAL, observation: builtAndCopied(hoursAgo(1)) },
      [`${NOBLE}: fresh until 2026-11-21T17:00Z`],
    ],
    [
      'No more builds start than may run in parallel',
      {
        desired: three,
        journal: { ...prepared, ...preparedOf({ ...prepared.preparedAt, focal: NOW }, three) },
      },
      [
        `build ${NOBLE} → red: never built`,
        `build ${JAMMY} → red: never built`,
        'app-focal-x64: waits for a free slot (2 of 2)',
      ],
    ],
    [
      'Running builds and preparations count against the parallel builds',
      { desired: three, ongoing: [job('build', 'app-old-x64'), job('prepare', 'focal'), job('copy', NOBLE)] },
      [
        `${NOBLE}: waits for a free slot (2 of 2)`,
        `${JAMMY}: waits for a free slot (2 of 2)`,
        'base focal/x64: being prepared',
        'app-focal-x64: waits for base focal/x64 to be prepared',
      ],
    ],
    [
      'Each image of the matrix is decided separately and in order',
      { desired: twoBases, observation: builtAndCopied(hoursAgo(1)) },
      [`${NOBLE}: fresh until 2026-11-21T17:00Z`, `build ${JAMMY} → red: never built`],
    ],
  ];

  test.each(table)('%s', (_, changes, expected) => {
    expect(describePlan(planInput(changes))).toEqual(expected);
  });

  test('A build is uploaded once to each project that answered, except the build project', () => {
    const consumers = ['own', 'a1', 'a2', 'b', 'down'].map((cloudId, index) => ({
      ...{ relationId: index, unit: `u${index}/0`, cloudId },
    }));
    const observation = [
      ...[seen('builder', 'build', []), seen('own', 'build', []), seen('a1', 'a', []), seen('a2', 'a', [])],
      ...[seen('b', 'b', []), failed('down')],
    ];
    expect(describePlan(planInput({ desired: desiredState({ consumers }), observation }))).toEqual([
      `build ${NOBLE} → a1+b: never built`,
      'down: cloud down: no route to host',
    ]);
  });

  test('A build that an action requested has the build id that the action returned', () => {
    const desired = desiredState({ requests: [request('42', 'b1'), request('43', 'b2')] });
    expect(planWork(planInput({ desired }))).toMatchObject([{ act: 'build', buildId: 'b1' }]);
  });
});

describe('a cloud that is being queried', () => {
  const desired = desiredState({
    consumers: ['red', 'blue', 'green'].map((cloudId, index) => ({
      ...{ relationId: index, unit: `${cloudId}/0`, cloudId },
    })),
  });
  const observation = [seen('builder', 'build', []), seen('red', 'p1', [])];

  test('A build copies to the known project of a cloud that is being queried, and once to each project', () => {
    const projects = new Map([
      ...['red', 'blue'].map((cloudId) => [cloudId, 'p1'] as const),
      ['green', 'p2'],
    ]);
    expect(describePlan(planInput({ desired, observation, projects }))).toEqual([
      `build ${NOBLE} → red+green: never built`,
      'blue: cloud blue: its images are being listed',
      'green: cloud green: its images are being listed',
    ]);
  });

  test('A build does not copy to a cloud that never answered', () => {
    expect(describePlan(planInput({ desired, observation }))[0]).toBe(`build ${NOBLE} → red: never built`);
  });
});
