import { describe, expect, test } from '@jest/globals';
import { rememberFailure } from '../../../src/scheduler/journal/back-off.ts';
import type { PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { settingsOf } from '../../../src/scheduler/plan/plan-settings.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { desiredState } from '../desired-fixtures.ts';
import {
  JAMMY,
  NOBLE,
  NOW,
  copyOf,
  failed,
  hoursAgo,
  image,
  job,
  planInput,
  seen,
  tell,
} from './plan-fixtures.ts';

const fresh = `${NOBLE}: fresh until 2026-11-21T17:00Z`;
const consumers = ['red', 'blue'].map((cloudId, index) => ({
  ...{ relationId: index, unit: `${cloudId}/0`, cloudId },
}));
const two = desiredState({ consumers });
const build = seen('builder', 'build', [image('new'), image('old', { createdAt: hoursAgo(3) })]);
const due = seen('builder', 'build', [image('new', { createdAt: hoursAgo(7) })]);

const failedCopy = (cloudId: string) =>
  rememberFailure(planInput().journal, {
    ...{ kind: 'copy', subject: NOBLE, cloudId, errorKind: 'denied', message: 'quota' },
    ...{ settings: settingsOf(two, 'copy', NOBLE), now: NOW, intervalHours: 6, random01: 0.5 },
  });

describe('the plan of copies', () => {
  const table: readonly (readonly [string, Partial<PlanInput>, readonly string[]])[] = [
    [
      'gives a new consumer the newest image',
      { observation: [build, seen('red', 'red', [])] },
      [fresh, `copy ${NOBLE} → red: new consumer`],
    ],
    [
      'gives a consumer what is newer than its own',
      { observation: [build, seen('red', 'red', [copyOf('old')])] },
      [fresh, `copy ${NOBLE} → red: newer revision`],
    ],
    [
      'reads once for all who lack it',
      {
        desired: two,
        observation: [build, seen('red', 'red', [copyOf('old')]), seen('blue', 'blue', [])],
      },
      [fresh, `copy ${NOBLE} → red+blue: newer revision, new consumer`],
    ],
    ['copies nothing to who has it', { observation: [build, seen('red', 'red', [copyOf('new')])] }, [fresh]],
    [
      'takes a share in the image for having it',
      { observation: [build, seen('red', 'red', [image('new')])] },
      [fresh],
    ],
    ['copies nothing within a project', { observation: [build, seen('red', 'build', [])] }, [fresh]],
    [
      'copies once into a project that two consumers share',
      { desired: two, observation: [build, seen('red', 'x', []), seen('blue', 'x', [])] },
      [fresh, `copy ${NOBLE} → red: new consumer`],
    ],
    [
      'takes a copy for none as long as it is not active',
      { observation: [build, seen('red', 'red', [copyOf('new', { status: 'queued' })])] },
      [fresh, `copy ${NOBLE} → red: new consumer`],
    ],
    [
      'lets a cloud that did not answer be, and serves the others',
      { desired: two, observation: [build, failed('red'), seen('blue', 'blue', [])] },
      [fresh, `copy ${NOBLE} → blue: new consumer`, 'red: cloud red: no route to host'],
    ],
    [
      'copies nothing when the build cloud failed',
      { observation: [failed('builder'), seen('red', 'red', [])] },
      ['builder: build cloud builder: no route to host'],
    ],
    [
      'does not copy twice at a time into a project, whichever consumer the copy was for',
      {
        desired: two,
        observation: [build, seen('red', 'x', []), seen('blue', 'x', [])],
        ongoing: [job('copy', NOBLE, ['blue'])],
      },
      [fresh, `${NOBLE} to red: being copied`],
    ],
    [
      'copies beside a copy that goes elsewhere',
      {
        desired: two,
        observation: [build, seen('red', 'red', []), seen('blue', 'blue', [])],
        ongoing: [job('copy', NOBLE, ['blue']), job('copy', JAMMY, ['red'])],
      },
      [fresh, `copy ${NOBLE} → red: new consumer`, `${NOBLE} to blue: being copied`],
    ],
    [
      'leaves an image that is being built to its build',
      { observation: [build, seen('red', 'red', [])], ongoing: [job('build', NOBLE, ['red'])] },
      [`${NOBLE}: being built`],
    ],
    [
      'does not copy what is about to be replaced',
      { observation: [due, seen('red', 'red', [copyOf('old')])] },
      [`build ${NOBLE} → red: interval elapsed: built 7 h ago`],
    ],
    [
      'copies even what is about to be replaced to who has none',
      { observation: [due, seen('red', 'red', [])] },
      [`build ${NOBLE} → red: interval elapsed: built 7 h ago`, `copy ${NOBLE} → red: new consumer`],
    ],
    [
      'gives a consumer what there is that joined while the build ran',
      { observation: [build, seen('red', 'red', [])], ongoing: [job('build', NOBLE, [])] },
      [`${NOBLE}: being built`, `copy ${NOBLE} → red: new consumer`],
    ],
    [
      'does not give what is older than what a consumer has',
      {
        observation: [due, seen('red', 'red', [copyOf('gone', { createdAt: hoursAgo(1) })])],
        ongoing: [job('build', 'other'), job('prepare', 'focal')],
      },
      [
        `${NOBLE}: waits for a free slot (2 of 2)`,
        `${NOBLE} to red: has what is newer than what the build cloud has: gone-copy`,
      ],
    ],
    [
      'copies no more than two images into a project at a time, first what it has none of',
      {
        desired: desiredState({ images: { bases: ['noble', 'jammy'] } }),
        observation: [
          seen('builder', 'build', [image('new'), image('j', { name: JAMMY })]),
          seen('red', 'red', [copyOf('old', { createdAt: hoursAgo(3) })]),
        ],
        ongoing: [job('copy', 'app-focal-x64', ['red'])],
      },
      [
        fresh,
        `${JAMMY}: fresh until 2026-11-21T17:00Z`,
        `${NOBLE} to red: waits for one of 2 copies to it to end`,
        `copy ${JAMMY} → red: new consumer`,
      ],
    ],
    [
      'lets a failed copy rest, and not the others',
      {
        desired: two,
        observation: [build, seen('red', 'red', []), seen('blue', 'blue', [])],
        journal: failedCopy('red'),
      },
      [
        fresh,
        `copy ${NOBLE} → blue: new consumer`,
        `${NOBLE} to red: rests after 1 failure until 2026-11-21T12:05Z: quota`,
      ],
    ],
    [
      'tries a failed copy at once when the consumers have changed',
      { observation: [build, seen('red', 'red', [])], journal: failedCopy('red') },
      [fresh, `copy ${NOBLE} → red: new consumer`],
    ],
  ];

  test.each(table)('%s', (_, changes, expected) => {
    expect(tell(planInput(changes))).toEqual(expected);
  });

  test('names the newest image, whatever order Glance gave', () => {
    const images = [image('old', { createdAt: hoursAgo(3) }), image('new')];
    const observation = [seen('builder', 'build', images), seen('red', 'red', [])];
    expect(planWork(planInput({ observation }))).toContainEqual({
      ...{ act: 'copy', imageName: NOBLE, imageId: 'new', uploadTo: ['red'], reason: 'new consumer' },
    });
  });
});
