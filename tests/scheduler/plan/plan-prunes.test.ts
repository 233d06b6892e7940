import { describe, expect, test } from '@jest/globals';
import type { Publication } from '../../../src/model/unit/desired-state.ts';
import { rememberFailure, rememberSuccess } from '../../../src/scheduler/journal/back-off.ts';
import type { PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { settingsOf } from '../../../src/scheduler/plan/plan-settings.ts';
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
  describePlan,
} from './plan-fixtures.ts';

const confirmed = (...imageIds: readonly string[]): Publication => ({
  relationId: 1,
  imageIds,
  isConfirmed: true,
});
const desiredWith = (...published: readonly Publication[]) => desiredState({ published });
const fresh = `${NOBLE}: fresh until 2026-11-21T17:00Z`;

const revisions = [1, 2, 3, 4].map((age) => image(`r${age}`, { createdAt: hoursAgo(age) }));
const build = seen('builder', 'build', revisions);
const red = seen('red', 'red', [copyOf('r1', { isPublished: true })]);
const four = { desired: desiredWith(confirmed('r1-copy')), observation: [build, red] };
const two = `prune ${NOBLE} in builder: 2 revisions beyond the newest 2`;

const unconfirmed = 'prune: waits until the charm has confirmed the images published to relation 1';

describe('the plan of prunes', () => {
  const table: readonly (readonly [string, Partial<PlanInput>, readonly string[]])[] = [
    ['Revisions beyond the newest are pruned', four, [fresh, two]],
    [
      'Nothing is pruned while the relation has no confirmed publication',
      { ...four, desired: desiredWith() },
      [fresh, unconfirmed],
    ],
    [
      'Nothing is pruned while the publications are unknown',
      { ...four, desired: desiredState() },
      [fresh, unconfirmed],
    ],
    [
      'Nothing is pruned while the publication of one relation is unknown',
      { ...four, desired: desiredWith({ ...confirmed('r1-copy'), relationId: 2 }) },
      [fresh, unconfirmed],
    ],
    [
      'Nothing is pruned while a publication is not confirmed',
      { ...four, desired: desiredWith({ ...confirmed('r1-copy'), isConfirmed: false }) },
      [fresh, unconfirmed],
    ],
    [
      'Nothing is pruned without current credentials',
      { ...four, credentials: 'outdated' },
      ['all: waiting for credentials: the installed ones are outdated'],
    ],
    [
      'A published image is kept and marked',
      { ...four, desired: desiredWith(confirmed('r4', 'r1-copy')) },
      [fresh, `prune ${NOBLE} in builder: 1 revision beyond the newest 2, 1 published mark to change`],
    ],
    [
      'An image that is no longer published loses its mark',
      { desired: desiredWith(confirmed()), observation: [seen('builder', 'build', [image('r1')]), red] },
      [fresh, `prune ${NOBLE} in red: 1 published mark to change`],
    ],
    [
      'A marked image that is no longer published is pruned',
      {
        desired: desiredWith(confirmed('r1-copy')),
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
      'Images that are not active are kept',
      {
        desired: desiredWith(confirmed('r1-copy')),
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
      'Images that are no longer wanted are pruned too',
      {
        desired: desiredWith(confirmed('r1-copy')),
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
      'Nothing is pruned in a cloud that did not answer',
      { desired: desiredWith(confirmed('r1-copy')), observation: [failed('builder'), red] },
      ['builder: build cloud builder: no route to host'],
    ],
    [
      'Nothing is pruned in other clouds while the build cloud does not answer',
      {
        desired: desiredWith(confirmed('r1')),
        observation: [failed('builder'), seen('red', 'red', revisions)],
      },
      ['builder: build cloud builder: no route to host'],
    ],
    [
      'A copy that is about to be published is not pruned',
      {
        desired: desiredWith(confirmed()),
        observation: [
          seen('builder', 'build', [image('back')]),
          seen('red', 'red', [...revisions.slice(0, 2), copyOf('back', { createdAt: hoursAgo(9) })]),
        ],
      },
      [fresh],
    ],
    [
      'A project that two clouds share is pruned once',
      {
        desired: desiredWith(confirmed('r1')),
        observation: [
          seen('builder', 'x', [image('r1', { isPublished: true }), ...revisions.slice(1)]),
          seen('red', 'x', [image('r1', { isPublished: true }), ...revisions.slice(1)]),
        ],
      },
      [fresh, two],
    ],
    [
      'The build cloud is not pruned while the image is being built',
      { ...four, ongoing: [job('build', NOBLE)] },
      [`${NOBLE}: being built`],
    ],
    [
      'The build cloud is not pruned while a copy reads the image',
      { ...four, ongoing: [job('copy', NOBLE, ['red'])] },
      [fresh],
    ],
    [
      'The build cloud is not pruned when a build of the image starts',
      { ...four, desired: changeDesired(four.desired, { images: { scriptDigest: 'abc' } }) },
      [`build ${NOBLE} → red: inputs changed: script none → abc`],
    ],
    [
      'A cloud that is being pruned is not pruned a second time',
      { ...four, ongoing: [job('prune', NOBLE, ['builder'])] },
      [fresh],
    ],
    [
      'A prune starts while another image is built and another cloud is pruned',
      { ...four, ongoing: [job('build', 'app-focal-x64'), job('prune', NOBLE, ['red'])] },
      [fresh, two],
    ],
    [
      'Nothing is pruned while a prune runs in a cloud that may be the same project',
      { ...four, ongoing: [job('prune', NOBLE, ['gone'])] },
      [fresh],
    ],
  ];

  test.each(table)('%s', (_, changes, expected) => {
    expect(describePlan(planInput(changes))).toEqual(expected);
  });

  const prune = { kind: 'prune', subject: NOBLE, cloudId: 'builder' } as const;
  const settings = settingsOf(four.desired, 'prune', NOBLE);

  test('A prune that failed is skipped for a time', () => {
    const journal = rememberFailure(planInput().journal, {
      ...{ ...prune, errorKind: 'unavailable', message: 'down', settings },
      ...{ now: NOW, intervalHours: 6, random01: 0.5 },
    });
    expect(describePlan(planInput({ ...four, journal }))).toEqual([
      fresh,
      `${NOBLE} in builder: skipped until 2026-11-21T12:05Z after 1 failure: down`,
    ]);
  });

  test('A prune that left the same images is repeated after the interval, or when there is more to do', () => {
    const after = (hours: number, ...deletableIds: readonly string[]) =>
      rememberSuccess(planInput().journal, {
        ...prune,
        buildId: 'b1',
        now: NOW - hours * HOUR,
        settings,
        deletableIds,
      });
    const [journal, later] = [after(1, 'r3', 'r4'), after(6, 'r3', 'r4')];
    expect(describePlan(planInput({ ...four, journal: after(1, 'r4') }))).toEqual([fresh, two]);
    expect(describePlan(planInput({ ...four, journal }))).toEqual([
      fresh,
      `${NOBLE} in builder: skipped until 2026-11-21T17:00Z: pruned at 2026-11-21T11:00Z`,
    ]);
    expect(describePlan(planInput({ ...four, journal: later }))).toEqual([fresh, two]);
    const desired = desiredWith(confirmed('r1-copy', 'r1'));
    expect(describePlan(planInput({ ...four, journal, desired }))).toEqual([
      fresh,
      `${two}, 1 published mark to change`,
    ]);
  });
});
