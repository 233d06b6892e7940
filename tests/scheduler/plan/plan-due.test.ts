import { describe, expect, test } from '@jest/globals';
import type { PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { desiredState } from '../desired-fixtures.ts';
import {
  HOUR,
  NOBLE,
  NOW,
  afterFailure,
  builtBefore,
  copyOf,
  failed,
  hoursAgo,
  image,
  job,
  planInput,
  seen,
  describePlan,
  builtAndCopied,
  request,
} from './plan-fixtures.ts';

const prepared = planInput().journal;

describe('the decision to build an image', () => {
  const table: readonly (readonly [string, Partial<PlanInput>, readonly string[]])[] = [
    [
      'Nothing is planned without credentials',
      { credentials: 'missing' },
      ['all: waiting for credentials: none are installed'],
    ],
    [
      'Nothing is planned with credentials of an earlier generation',
      { credentials: 'outdated' },
      ['all: waiting for credentials: the installed ones are outdated'],
    ],
    [
      'Nothing is planned without a consumer',
      { desired: desiredState({ consumers: [] }) },
      ['all: no consumer with complete credentials'],
    ],
    [
      'Nothing is planned when the clouds were not queried',
      { observation: undefined },
      ['all: the clouds were not queried'],
    ],
    [
      'Nothing is built when the build cloud did not answer',
      { observation: [failed('builder'), seen('red', 'red', [])] },
      ['builder: build cloud builder: no route to host'],
    ],
    ['An image that was never built is built', {}, [`build ${NOBLE} → red: never built`]],
    [
      'An image that is not active does not count as built',
      {
        observation: [seen('builder', 'build', [image('new', { status: 'saving' })]), seen('red', 'red', [])],
      },
      [`build ${NOBLE} → red: never built`],
    ],
    [
      'An image is built again when an input changed, and the reason names both values',
      {
        desired: desiredState({ images: { runnerVersion: '2.331.0' } }),
        observation: builtAndCopied(hoursAgo(1)),
      },
      [`build ${NOBLE} → red: inputs changed: runner latest → 2.331.0`],
    ],
    [
      'An image is built again on another release of its base',
      {
        desired: desiredState({ images: { baseReleases: new Map([['noble', '20260801']]) } }),
        observation: builtAndCopied(hoursAgo(1)),
      },
      [`build ${NOBLE} → red: inputs changed: base current → 20260801`],
    ],
    [
      'An image that does not record its inputs is built again',
      {
        observation: [
          seen('builder', 'build', [image('new', { runConfig: undefined })]),
          seen('red', 'red', [copyOf('new')]),
        ],
      },
      [`build ${NOBLE} → red: inputs changed: not recorded by the image`],
    ],
    [
      'An image is built again when the interval has elapsed',
      { observation: builtAndCopied(hoursAgo(6)) },
      [`build ${NOBLE} → red: interval elapsed: built 6 h ago`],
    ],
    [
      'A fresh image is not built again',
      { observation: builtAndCopied(hoursAgo(5)) },
      [`${NOBLE}: fresh until 2026-11-21T13:00Z`],
    ],
    [
      'The time in the journal counts when the clock of Glance is a day behind',
      {
        observation: builtAndCopied(hoursAgo(25)),
        journal: { ...prepared, ...builtBefore(1, 'build-new') },
      },
      [`${NOBLE}: fresh until 2026-11-21T17:00Z`],
    ],
    [
      'An image is built again when all recorded build times are in the future',
      {
        observation: builtAndCopied(hoursAgo(-3)),
        journal: { ...prepared, ...builtBefore(-9, 'build-new') },
      },
      [`build ${NOBLE} → red: interval elapsed: no build time in the past is known`],
    ],
    [
      'The time of Glance counts when the time in the journal is in the future',
      {
        observation: builtAndCopied(hoursAgo(2)),
        journal: { ...prepared, ...builtBefore(-9, 'build-new') },
      },
      [`${NOBLE}: fresh until 2026-11-21T16:00Z`],
    ],
    [
      'An image that is being built is not built a second time',
      { ongoing: [job('build', NOBLE, ['red'])] },
      [`${NOBLE}: being built`],
    ],
    [
      'A fresh image is built again when an action requests it',
      {
        observation: builtAndCopied(hoursAgo(1)),
        desired: desiredState({ requests: [request('42', 'b1')] }),
      },
      [`build ${NOBLE} → red: asked by action 42`],
    ],
    [
      'A build that an action requested does not start again after it ended',
      {
        observation: builtAndCopied(hoursAgo(1)),
        desired: desiredState({ requests: [request('42', 'b1'), request('43', 'b1')] }),
        journal: { ...prepared, endedBuilds: ['b1'] },
      },
      [`${NOBLE}: fresh until 2026-11-21T17:00Z`],
    ],
    [
      'An action that is answered causes no build',
      {
        observation: builtAndCopied(hoursAgo(1)),
        desired: desiredState({ requests: [request('42', 'b1')] }),
        journal: { ...prepared, answered: ['42'] },
      },
      [`${NOBLE}: fresh until 2026-11-21T17:00Z`],
    ],
    [
      'A build that failed is skipped for a time',
      { journal: afterFailure(desiredState(), 'build', NOW, 'the script failed\nwith 3') },
      [`${NOBLE}: skipped until 2026-11-21T12:05Z after 1 failure: the script failed`],
    ],
    [
      'A build that failed is tried again after its back-off',
      { journal: afterFailure(desiredState(), 'build', NOW - 5 * 60_000) },
      [`build ${NOBLE} → red: never built`],
    ],
    [
      'A fresh image whose last build failed is built again after the back-off, not after the interval',
      {
        observation: builtAndCopied(hoursAgo(1)),
        journal: afterFailure(desiredState(), 'build', NOW - 5 * 60_000),
      },
      [`build ${NOBLE} → red: the last build failed`],
    ],
    [
      'A fresh image whose last build failed is skipped during the back-off',
      { observation: builtAndCopied(hoursAgo(1)), journal: afterFailure(desiredState(), 'build') },
      [`${NOBLE}: skipped until 2026-11-21T12:05Z after 1 failure: no`],
    ],
    [
      'A fresh image whose last build failed under other settings is not built again',
      {
        observation: builtAndCopied(hoursAgo(1)),
        journal: afterFailure(desiredState({ credentialsGeneration: 0 }), 'build'),
      },
      [`${NOBLE}: fresh until 2026-11-21T17:00Z`],
    ],
    [
      'A build that failed is tried again at once under other settings',
      { journal: afterFailure(desiredState({ credentialsGeneration: 0 }), 'build') },
      [`build ${NOBLE} → red: never built`],
    ],
    [
      'A failure in the future does not delay a build',
      { journal: afterFailure(desiredState(), 'build', NOW + HOUR) },
      [`build ${NOBLE} → red: never built`],
    ],
    [
      'A build that failed is tried again at once when an action requests it',
      {
        journal: afterFailure(desiredState(), 'build'),
        desired: desiredState({ requests: [request('42', 'b1')] }),
      },
      [`build ${NOBLE} → red: asked by action 42`],
    ],
  ];

  test.each(table)('%s', (_, changes, expected) => {
    expect(describePlan(planInput(changes))).toEqual(expected);
  });
});

test('A unit that only observes plans no work and names the unit that builds', () => {
  expect(describePlan(planInput({ desired: desiredState({ role: 'observes' }) }))).toEqual([
    'all: on standby: app/leader builds the images',
  ]);
});
