import { describe, expect, test } from '@jest/globals';
import type { PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { desiredState } from '../desired-fixtures.ts';
import {
  NOBLE,
  builtBefore,
  copyOf,
  hoursAgo,
  image,
  planInput,
  seen,
  describePlan,
  builtAndCopied,
  publishedFrom,
} from './plan-fixtures.ts';

const prepared = planInput().journal;

describe('the decision to build an image that is missing in the build cloud', () => {
  const table: readonly (readonly [string, Partial<PlanInput>, readonly string[]])[] = [
    [
      'An image that is missing in the build cloud is built again',
      { journal: { ...prepared, ...builtBefore(1, 'build-new') } },
      [`build ${NOBLE} → red: missing in the build cloud`],
    ],
    [
      'An image whose published revision is missing is built again although an older revision exists',
      { observation: builtAndCopied(hoursAgo(4)), desired: publishedFrom('gone', hoursAgo(1)) },
      [`build ${NOBLE} → red: missing in the build cloud: only other revisions exist`],
    ],
    [
      'A missing image that was published before the existing one causes no build',
      { observation: builtAndCopied(hoursAgo(1)), desired: publishedFrom('gone', hoursAgo(4)) },
      [`${NOBLE}: fresh until 2026-11-21T17:00Z`],
    ],
    [
      'The last build counts as the newest when the build cloud lists it with an earlier time than a published one',
      {
        observation: builtAndCopied(hoursAgo(4)),
        desired: publishedFrom('gone', hoursAgo(1)),
        journal: { ...prepared, ...builtBefore(1, 'build-new') },
      },
      [`${NOBLE}: fresh until 2026-11-21T17:00Z`],
    ],
    [
      'An image in the cloud of a consumer that claims a later source causes no build',
      {
        observation: [
          seen('builder', 'build', [image('new', { createdAt: hoursAgo(4) })]),
          seen('red', 'red', [
            copyOf('new', { isPublished: true }),
            copyOf('forged', { createdAt: hoursAgo(-90) }),
          ]),
        ],
        desired: publishedFrom('new', hoursAgo(4)),
      },
      [`${NOBLE}: fresh until 2026-11-21T14:00Z`],
    ],
    [
      'An image that is missing after its build is skipped for a time',
      { journal: { ...prepared, ...builtBefore(1 / 60, 'b1', 1) } },
      [
        `${NOBLE}: skipped until 2026-11-21T12:04Z: built at 2026-11-21T11:59Z, but missing in the build cloud`,
      ],
    ],
    [
      'An image that is missing after several builds is skipped for a longer time',
      { journal: { ...prepared, ...builtBefore(1, 'b5', 5) } },
      [
        `${NOBLE}: skipped until 2026-11-21T12:20Z: built at 2026-11-21T11:00Z, but missing in the build cloud`,
      ],
    ],
    [
      'An image that is missing after its build is built again at once under other settings',
      {
        journal: { ...prepared, ...builtBefore(1 / 60, 'b1', 1, desiredState({ build: { flavor: 'big' } })) },
      },
      [`build ${NOBLE} → red: missing in the build cloud`],
    ],
  ];

  test.each(table)('%s', (_, changes, expected) => {
    expect(describePlan(planInput(changes))).toEqual(expected);
  });
});
