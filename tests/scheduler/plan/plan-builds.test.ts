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
  tell,
  holds,
  request,
} from './plan-fixtures.ts';

const prepared = planInput().journal;
const twoBases = desiredState({ images: { bases: ['noble', 'jammy'] } });
const three = desiredState({ images: { bases: ['noble', 'jammy', 'focal'] }, build: { maxParallel: 2 } });
describe('the plan of builds', () => {
  const table: readonly (readonly [string, Partial<PlanInput>, readonly string[]])[] = [
    [
      'has a base prepared first',
      { journal: EMPTY_JOURNAL },
      ['prepare noble: never prepared', `${NOBLE}: waits for base noble/x64 to be prepared`],
    ],
    [
      'has a base prepared again after the interval',
      { journal: { ...EMPTY_JOURNAL, ...preparedOf({ noble: NOW - 6 * HOUR }) } },
      [
        'prepare noble: interval elapsed: prepared 6 h ago',
        `${NOBLE}: waits for base noble/x64 to be prepared`,
      ],
    ],
    [
      'does not prepare a base twice at a time',
      { journal: EMPTY_JOURNAL, ongoing: [job('prepare', 'noble')] },
      ['base noble/x64: being prepared', `${NOBLE}: waits for base noble/x64 to be prepared`],
    ],
    [
      'lets a base rest that could not be prepared',
      { journal: afterFailure(desiredState(), 'prepare') },
      [
        'base noble/x64: rests after 1 failure until 2026-11-21T12:05Z: no',
        `${NOBLE}: waits for base noble/x64 to be prepared`,
      ],
    ],
    [
      'has a base prepared again under other settings',
      { desired: desiredState({ images: { cloudImagesUrl: 'https://mirror' } }), journal: prepared },
      ['prepare noble: prepared under other settings', `${NOBLE}: waits for base noble/x64 to be prepared`],
    ],
    [
      'has a base prepared again for another project',
      { desired: desiredState({ build: { project: 'another' } }), journal: prepared },
      ['prepare noble: prepared under other settings', `${NOBLE}: waits for base noble/x64 to be prepared`],
    ],
    [
      'has a base prepared once, whatever else is changed',
      { desired: desiredState({ images: { runnerVersion: '2.331.0' } }), journal: prepared },
      [`build ${NOBLE} → red: never built`],
    ],
    [
      'has a base prepared once, whoever joins or has another password',
      { desired: desiredState({ credentialsGeneration: 2 }), journal: prepared },
      [`build ${NOBLE} → red: never built`],
    ],
    [
      'has a base prepared first for what an action asked',
      { desired: desiredState({ requests: [request('42', 'b1')] }), journal: EMPTY_JOURNAL },
      ['prepare noble: never prepared', `${NOBLE}: waits for base noble/x64 to be prepared`],
    ],
    [
      'tries what an action asked although its base could not be prepared',
      {
        desired: desiredState({ requests: [request('42', 'b1')] }),
        journal: afterFailure(desiredState(), 'prepare'),
      },
      [`build ${NOBLE} → red: asked by action 42`],
    ],
    [
      'tries that once',
      {
        desired: desiredState({ requests: [request('42', 'b1')] }),
        journal: { ...afterFailure(desiredState(), 'prepare'), endedBuilds: ['b1'] },
      },
      [
        'base noble/x64: rests after 1 failure until 2026-11-21T12:05Z: no',
        `${NOBLE}: waits for base noble/x64 to be prepared`,
      ],
    ],
    [
      'does not prepare a base of which nothing is to be built',
      { journal: EMPTY_JOURNAL, observation: holds(hoursAgo(1)) },
      [`${NOBLE}: fresh until 2026-11-21T17:00Z`],
    ],
    [
      'starts no more than may run at a time',
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
      'counts what runs already, preparations too',
      { desired: three, ongoing: [job('build', 'app-old-x64'), job('prepare', 'focal'), job('copy', NOBLE)] },
      [
        `${NOBLE}: waits for a free slot (2 of 2)`,
        `${JAMMY}: waits for a free slot (2 of 2)`,
        'base focal/x64: being prepared',
        'app-focal-x64: waits for base focal/x64 to be prepared',
      ],
    ],
    [
      'says what this version does not build',
      { desired: desiredState({ images: { microk8sChannels: ['1.31/stable'] } }) },
      [
        `build ${NOBLE} → red: never built`,
        `${NOBLE}-mk8s-1.31-stable: Juju and MicroK8s are not built in by this version`,
      ],
    ],
    [
      'decides for each image by itself, in their order',
      { desired: twoBases, observation: holds(hoursAgo(1)) },
      [`${NOBLE}: fresh until 2026-11-21T17:00Z`, `build ${JAMMY} → red: never built`],
    ],
  ];

  test.each(table)('%s', (_, changes, expected) => {
    expect(tell(planInput(changes))).toEqual(expected);
  });

  test('uploads to each project once, not to its own, and not to one that did not answer', () => {
    const consumers = ['own', 'a1', 'a2', 'b', 'down'].map((cloudId, index) => ({
      ...{ relationId: index, unit: `u${index}/0`, cloudId },
    }));
    const observation = [
      ...[seen('builder', 'build', []), seen('own', 'build', []), seen('a1', 'a', []), seen('a2', 'a', [])],
      ...[seen('b', 'b', []), failed('down')],
    ];
    expect(tell(planInput({ desired: desiredState({ consumers }), observation }))).toEqual([
      `build ${NOBLE} → a1+b: never built`,
      'down: cloud down: no route to host',
    ]);
  });

  test('a build that an action asked for has the id that the action was told', () => {
    const desired = desiredState({ requests: [request('42', 'b1'), request('43', 'b2')] });
    expect(planWork(planInput({ desired }))).toMatchObject([{ act: 'build', buildId: 'b1' }]);
  });
});
