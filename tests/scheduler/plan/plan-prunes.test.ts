import { describe, expect, test } from '@jest/globals';
import type { Publication } from '../../../src/model/desired-state.ts';
import { rememberFailure, rememberSuccess } from '../../../src/scheduler/journal/back-off.ts';
import type { PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { settingsOf } from '../../../src/scheduler/plan/plan-settings.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { changeDesired, desiredState } from '../desired-fixtures.ts';
import {
  HOUR,
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

const settled = (...imageIds: readonly string[]): Publication => ({
  relationId: 1,
  imageIds,
  isConfirmed: true,
});
const knows = (...published: readonly Publication[]) => desiredState({ published });
const fresh = `${NOBLE}: fresh until 2026-11-21T17:00Z`;

const revisions = [1, 2, 3, 4].map((age) => image(`r${age}`, { createdAt: hoursAgo(age) }));
const build = seen('builder', 'build', revisions);
const red = seen('red', 'red', [copyOf('r1', { isPublished: true })]);
const four = { desired: knows(settled('r1-copy')), observation: [build, red] };
const two = `prune ${NOBLE} in builder: 2 revisions beyond the newest 2`;

const heldUp = 'prune: waits until it is read back what is published to relation 1';

describe('the plan of prunes', () => {
  const table: readonly (readonly [string, Partial<PlanInput>, readonly string[]])[] = [
    ['deletes what is beyond the newest', four, [fresh, two]],
    [
      'deletes nothing as long as nobody said what is published',
      { ...four, desired: knows() },
      [fresh, heldUp],
    ],
    [
      'deletes nothing when nothing at all is known of what is published',
      { ...four, desired: desiredState() },
      [fresh, heldUp],
    ],
    [
      'deletes nothing when not all relations told what is published',
      { ...four, desired: knows({ ...settled('r1-copy'), relationId: 2 }) },
      [fresh, heldUp],
    ],
    [
      'deletes nothing while a publication is being changed',
      { ...four, desired: knows({ ...settled('r1-copy'), isConfirmed: false }) },
      [fresh, heldUp],
    ],
    [
      'deletes nothing without credentials',
      { ...four, credentials: 'outdated' },
      ['all: waiting for credentials: newer ones are to be installed'],
    ],
    [
      'lets what is published be, and has it marked',
      { ...four, desired: knows(settled('r4', 'r1-copy')) },
      [fresh, `prune ${NOBLE} in builder: 1 revision beyond the newest 2, 1 published mark to change`],
    ],
    [
      'takes the mark from what is published no more',
      { desired: knows(settled()), observation: [seen('builder', 'build', [image('r1')]), red] },
      [fresh, `prune ${NOBLE} in red: 1 published mark to change`],
    ],
    [
      'deletes what is marked and published no more',
      {
        desired: knows(settled('r1-copy')),
        observation: [
          seen('builder', 'build', [
            ...revisions.slice(0, 2),
            image('r3', {
              ...{ createdAt: hoursAgo(3), isPublished: true },
            }),
          ]),
          red,
        ],
      },
      [fresh, `prune ${NOBLE} in builder: 1 revision beyond the newest 2, 1 published mark to change`],
    ],
    [
      'lets be what is not active',
      {
        desired: knows(settled('r1-copy')),
        observation: [
          seen(
            'builder',
            'build',
            revisions.map((each, index) => (index > 1 ? { ...each, status: 'saving' } : each)),
          ),
          red,
        ],
      },
      [fresh],
    ],
    [
      'prunes also images that are no longer wanted',
      {
        desired: knows(settled('r1-copy')),
        observation: [
          seen('builder', 'build', [
            image('r1'),
            ...revisions.map((each) => ({ ...each, name: 'app-focal-x64' })),
          ]),
          red,
        ],
      },
      [fresh, 'prune app-focal-x64 in builder: 2 revisions beyond the newest 2'],
    ],
    [
      'prunes nothing where it was not seen',
      { desired: knows(settled('r1-copy')), observation: [failed('builder'), red] },
      ['builder: build cloud builder: no route to host'],
    ],
    [
      'prunes nothing elsewhere either while the build cloud does not tell which image is newest',
      {
        desired: knows(settled('r1')),
        observation: [failed('builder'), seen('red', 'red', revisions)],
      },
      ['builder: build cloud builder: no route to host'],
    ],
    [
      'does not delete the copy that consumers are about to get',
      {
        desired: knows(settled()),
        observation: [
          seen('builder', 'build', [image('back')]),
          seen('red', 'red', [...revisions.slice(0, 2), copyOf('back', { createdAt: hoursAgo(9) })]),
        ],
      },
      [fresh],
    ],
    [
      'prunes a shared project once',
      {
        desired: knows(settled('r1')),
        observation: [
          seen('builder', 'x', [image('r1', { isPublished: true }), ...revisions.slice(1)]),
          seen('red', 'x', [image('r1', { isPublished: true }), ...revisions.slice(1)]),
        ],
      },
      [fresh, two],
    ],
    [
      'prunes nothing in the build cloud while the image is being built',
      { ...four, ongoing: [job('build', NOBLE)] },
      [`${NOBLE}: being built`],
    ],
    [
      'prunes nothing in the build cloud while the image is read for a copy',
      { ...four, ongoing: [job('copy', NOBLE, ['red'])] },
      [fresh],
    ],
    [
      'prunes nothing in the build cloud when a build of the image starts',
      { ...four, desired: changeDesired(four.desired, { images: { scriptDigest: 'abc' } }) },
      [`build ${NOBLE} → red: inputs changed: script none → abc`],
    ],
    ['does not prune twice at a time', { ...four, ongoing: [job('prune', NOBLE, ['builder'])] }, [fresh]],
    [
      'prunes beside a job on another image and a prune in another cloud',
      { ...four, ongoing: [job('build', 'app-focal-x64'), job('prune', NOBLE, ['red'])] },
      [fresh, two],
    ],
    [
      'prunes nothing while a prune runs in a cloud that may be the same',
      { ...four, ongoing: [job('prune', NOBLE, ['gone'])] },
      [fresh],
    ],
  ];

  test.each(table)('%s', (_, changes, expected) => {
    expect(tell(planInput(changes))).toEqual(expected);
  });

  test('tells what is published anywhere, so that nothing of it goes', () => {
    expect(planWork(planInput({ ...four, desired: knows(settled('z', 'r1-copy')) }))).toContainEqual(
      expect.objectContaining({ act: 'prune', publishedIds: ['r1-copy', 'z'] }),
    );
  });

  const job1 = { kind: 'prune', subject: NOBLE, cloudId: 'builder' } as const;
  const settings = settingsOf(four.desired, 'prune', NOBLE);

  test('a prune that failed rests', () => {
    const journal = rememberFailure(planInput().journal, {
      ...{ ...job1, errorKind: 'unavailable', message: 'down', settings },
      ...{ now: NOW, intervalHours: 6, random01: 0.5 },
    });
    expect(tell(planInput({ ...four, journal }))).toEqual([
      fresh,
      `${NOBLE} in builder: rests after 1 failure until 2026-11-21T12:05Z: down`,
    ]);
  });

  test('what a prune left is asked for again after the interval, or when what is published changes', () => {
    const journal = rememberSuccess(planInput().journal, { ...job1, now: NOW - HOUR, settings });
    const later = {
      ...journal,
      pruned: rememberSuccess(journal, { ...job1, now: NOW - 6 * HOUR, settings }).pruned,
    };
    expect(tell(planInput({ ...four, journal }))).toEqual([
      fresh,
      `${NOBLE} in builder: pruned; looks again at 2026-11-21T17:00Z`,
    ]);
    expect(tell(planInput({ ...four, journal: later }))).toEqual([fresh, two]);
    const desired = knows(settled('r1-copy', 'r1'));
    expect(tell(planInput({ ...four, journal, desired }))).toEqual([
      fresh,
      `${two}, 1 published mark to change`,
    ]);
  });
});

test('no more than four prunes run at a time, those that run already included', () => {
  const names = ['a', 'b', 'c', 'd', 'e'].map((word) => `app-${word}-x64`);
  const images = names.flatMap((name) =>
    [1, 2, 3].map((age) => image(`${name}-${age}`, { name, createdAt: hoursAgo(age) })),
  );
  const input = planInput({
    desired: knows(settled()),
    observation: [seen('builder', 'build', images), seen('red', 'red', [])],
    ongoing: [job('prune', 'app-noble-arm64', ['builder'])],
  });
  const prunes = planWork(input).filter(({ act }) => act === 'prune');
  expect(prunes).toHaveLength(3);
  expect(tell(input).filter((line) => line.includes('waits for one of 4 prune jobs'))).toEqual([
    'app-d-x64 in builder: waits for one of 4 prune jobs to end',
    'app-e-x64 in builder: waits for one of 4 prune jobs to end',
  ]);
});
