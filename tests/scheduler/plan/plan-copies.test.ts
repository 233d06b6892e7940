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
  describePlan,
  publishedFrom,
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

describe('a cloud that may have killed or stalled the last copy', () => {
  const three = desiredState({
    consumers: [...consumers, { relationId: 2, unit: 'green/0', cloudId: 'green' }],
  });
  const suspect = (cloudId: string, times = 1, journal = planInput().journal): PlanInput['journal'] => {
    const failure = {
      ...({ kind: 'copy', subject: NOBLE, cloudId, errorKind: 'unavailable', message: 'killed' } as const),
      ...{ settings: settingsOf(three, 'copy', NOBLE), now: NOW, intervalHours: 6, random01: 0.5 },
    };
    const after = rememberFailure(journal, { ...failure, isSuspect: true });
    return times === 1 ? after : suspect(cloudId, times - 1, after);
  };
  const empty = ['red', 'blue', 'green'].map((cloudId) => seen(cloudId, cloudId, []));

  test('A suspect is copied to alone and at once, and the others share a read', () => {
    const journal = suspect('blue');
    expect(describePlan(planInput({ desired: three, observation: [build, ...empty], journal }))).toEqual([
      fresh,
      `copy ${NOBLE} → red+green: new consumer`,
      `copy ${NOBLE} → blue: new consumer`,
    ]);
  });

  test('A suspect that killed its own copy as well waits for its back-off', () => {
    const journal = suspect('blue', 2);
    expect(describePlan(planInput({ desired: three, observation: [build, ...empty], journal }))).toEqual([
      fresh,
      `copy ${NOBLE} → red+green: new consumer`,
      expect.stringMatching(`^${NOBLE} to blue: skipped until .* after 2 failures: killed$`),
    ]);
  });

  test('A build leaves out a suspect', () => {
    const observation = [seen('builder', 'build', []), ...empty];
    const plan = describePlan(planInput({ desired: three, observation, journal: suspect('blue') }));
    expect(plan).toEqual([`build ${NOBLE} → red+green: never built`]);
  });
});

describe('the plan of copies', () => {
  const table: readonly (readonly [string, Partial<PlanInput>, readonly string[]])[] = [
    [
      'A new consumer gets a copy of the newest image',
      { observation: [build, seen('red', 'red', [])] },
      [fresh, `copy ${NOBLE} → red: new consumer`],
    ],
    [
      'A consumer gets a copy of an image that is newer than its own',
      { observation: [build, seen('red', 'red', [copyOf('old')])] },
      [fresh, `copy ${NOBLE} → red: newer revision`],
    ],
    [
      'One copy job reads the image for all consumers without it',
      {
        desired: two,
        observation: [build, seen('red', 'red', [copyOf('old')]), seen('blue', 'blue', [])],
      },
      [fresh, `copy ${NOBLE} → red+blue: newer revision, new consumer`],
    ],
    [
      'A consumer that has the newest image gets no copy',
      { observation: [build, seen('red', 'red', [copyOf('new')])] },
      [fresh],
    ],
    [
      'A consumer that the image itself is shared with gets no copy',
      { observation: [build, seen('red', 'red', [image('new')])] },
      [fresh],
    ],
    [
      'A consumer in the build project gets no copy',
      { observation: [build, seen('red', 'build', [])] },
      [fresh],
    ],
    [
      'A project that two consumers share gets one copy',
      { desired: two, observation: [build, seen('red', 'x', []), seen('blue', 'x', [])] },
      [fresh, `copy ${NOBLE} → red: new consumer`],
    ],
    [
      'A copy that is not active counts as missing',
      { observation: [build, seen('red', 'red', [copyOf('new', { status: 'queued' })])] },
      [fresh, `copy ${NOBLE} → red: new consumer`],
    ],
    [
      'A cloud that did not answer is skipped, and the others get their copies',
      { desired: two, observation: [build, failed('red'), seen('blue', 'blue', [])] },
      [fresh, `copy ${NOBLE} → blue: new consumer`, 'red: cloud red: no route to host'],
    ],
    [
      'Nothing is copied when the build cloud did not answer',
      { observation: [failed('builder'), seen('red', 'red', [])] },
      ['builder: build cloud builder: no route to host'],
    ],
    [
      'A project that receives a copy of an image for one consumer gets no second copy for another',
      {
        desired: two,
        observation: [build, seen('red', 'x', []), seen('blue', 'x', [])],
        ongoing: [job('copy', NOBLE, ['blue'])],
      },
      [fresh, `${NOBLE} to red: being copied`],
    ],
    [
      'A project that receives a copy for a consumer that has left gets no second copy for another',
      {
        observation: [build, seen('red', 'x', [])],
        projects: new Map([['blue', 'x']]),
        ongoing: [job('copy', NOBLE, ['blue'])],
      },
      [fresh, `${NOBLE} to red: being copied`],
    ],
    [
      'A copy starts while copies of other images and to other clouds are running',
      {
        desired: two,
        observation: [build, seen('red', 'red', []), seen('blue', 'blue', [])],
        ongoing: [job('copy', NOBLE, ['blue']), job('copy', JAMMY, ['red'])],
      },
      [fresh, `copy ${NOBLE} → red: new consumer`, `${NOBLE} to blue: being copied`],
    ],
    [
      'An image that is being built is not copied to a destination of the build',
      { observation: [build, seen('red', 'red', [])], ongoing: [job('build', NOBLE, ['red'])] },
      [`${NOBLE}: being built`],
    ],
    [
      'An image that is about to be rebuilt is not copied to a consumer with an older one',
      { observation: [due, seen('red', 'red', [copyOf('old')])] },
      [`build ${NOBLE} → red: interval elapsed: built 7 h ago`],
    ],
    [
      'An image that is about to be rebuilt is copied to a consumer without any image',
      { observation: [due, seen('red', 'red', [])] },
      [`build ${NOBLE} → red: interval elapsed: built 7 h ago`, `copy ${NOBLE} → red: new consumer`],
    ],
    [
      'A consumer that joined during the build gets a copy of the existing image',
      { observation: [build, seen('red', 'red', [])], ongoing: [job('build', NOBLE, [])] },
      [`${NOBLE}: being built`, `copy ${NOBLE} → red: new consumer`],
    ],
    [
      'A consumer does not get an image that is older than its published one',
      {
        desired: publishedFrom('gone', hoursAgo(1)),
        observation: [
          due,
          seen('red', 'red', [copyOf('gone', { createdAt: hoursAgo(1), isPublished: true })]),
        ],
        ongoing: [job('build', 'other'), job('prepare', 'focal')],
      },
      [`${NOBLE}: waits for a free slot (2 of 2)`],
    ],
    [
      'A consumer whose cloud claims to have a later image gets the newest image all the same',
      { observation: [build, seen('red', 'red', [copyOf('forged', { createdAt: hoursAgo(-90) })])] },
      [fresh, `copy ${NOBLE} → red: newer revision`],
    ],
    [
      'No more than two images are copied to a project at the same time, and missing images are first',
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
        `${NOBLE} to red: waits for one of 2 copies to this cloud to end`,
        `copy ${JAMMY} → red: new consumer`,
      ],
    ],
    [
      'A copy that failed is skipped for a time, and copies to other clouds start',
      {
        desired: two,
        observation: [build, seen('red', 'red', []), seen('blue', 'blue', [])],
        journal: failedCopy('red'),
      },
      [
        fresh,
        `copy ${NOBLE} → blue: new consumer`,
        `${NOBLE} to red: skipped until 2026-11-21T12:05Z after 1 failure: quota`,
      ],
    ],
    [
      'A copy that failed is tried again at once when the consumers change',
      { observation: [build, seen('red', 'red', [])], journal: failedCopy('red') },
      [fresh, `copy ${NOBLE} → red: new consumer`],
    ],
  ];

  test.each(table)('%s', (_, changes, expected) => {
    expect(describePlan(planInput(changes))).toEqual(expected);
  });

  test('The newest image is copied in whatever order Glance lists the images', () => {
    const images = [image('old', { createdAt: hoursAgo(3) }), image('new')];
    const observation = [seen('builder', 'build', images), seen('red', 'red', [])];
    expect(planWork(planInput({ observation }))).toContainEqual({
      ...{ act: 'copy', imageName: NOBLE, imageId: 'new', uploadTo: ['red'], reason: 'new consumer' },
    });
  });
});
