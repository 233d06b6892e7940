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
  tell,
  holds,
  request,
} from './plan-fixtures.ts';

const prepared = planInput().journal;
describe('whether an image is built', () => {
  const table: readonly (readonly [string, Partial<PlanInput>, readonly string[]])[] = [
    [
      'rests as a whole without credentials',
      { credentials: 'missing' },
      ['all: waiting for credentials: none are installed'],
    ],
    [
      'rests as a whole with credentials of an earlier generation',
      { credentials: 'outdated' },
      ['all: waiting for credentials: newer ones are to be installed'],
    ],
    [
      'rests as a whole without a consumer',
      { desired: desiredState({ consumers: [] }) },
      ['all: no consumer with complete credentials'],
    ],
    [
      'rests as a whole when the clouds were not asked',
      { observation: undefined },
      ['all: the clouds were not asked'],
    ],
    [
      'builds nothing when the build cloud failed',
      { observation: [failed('builder'), seen('red', 'red', [])] },
      ['builder: build cloud builder: no route to host'],
    ],
    ['builds what was never built', {}, [`build ${NOBLE} → red: never built`]],
    [
      'builds what is gone',
      { journal: { ...prepared, ...builtBefore(1, ['build-new']) } },
      [`build ${NOBLE} → red: missing here`],
    ],
    [
      'builds what is gone although an older one is here',
      { observation: holds(hoursAgo(200)), journal: { ...prepared, ...builtBefore(1, ['build-gone']) } },
      [`build ${NOBLE} → red: missing here: the one built last is gone`],
    ],
    [
      'builds what is gone, of which an earlier journal does not tell which one it was',
      { observation: holds(hoursAgo(200)), journal: { ...prepared, builtAt: { [NOBLE]: NOW - HOUR } } },
      [`build ${NOBLE} → red: interval elapsed: built 200 h ago`],
    ],
    [
      'lets rest what was built and is not seen',
      { journal: { ...prepared, ...builtBefore(1 / 60, ['b1']) } },
      [`${NOBLE}: built at 2026-11-21T11:59Z and not seen since; rests until 2026-11-21T12:04Z`],
    ],
    [
      'lets it rest longer the more often it was not seen',
      { journal: { ...prepared, ...builtBefore(1, ['b1', 'b2', 'b3', 'b4', 'b5']) } },
      [`${NOBLE}: built at 2026-11-21T11:00Z and not seen since; rests until 2026-11-21T12:20Z`],
    ],
    [
      'counts only those that were not seen since one was',
      {
        observation: holds(hoursAgo(3)),
        journal: { ...prepared, ...builtBefore(1, ['b1', 'b2', 'b3', 'build-new', 'b5']) },
      },
      [`build ${NOBLE} → red: missing here: the one built last is gone`],
    ],
    [
      'tries what was not seen at once under other settings',
      {
        journal: { ...prepared, ...builtBefore(1 / 60, ['b1'], desiredState({ build: { flavor: 'big' } })) },
      },
      [`build ${NOBLE} → red: missing here`],
    ],
    [
      'takes no image for one as long as it is not active',
      {
        observation: [seen('builder', 'build', [image('new', { status: 'saving' })]), seen('red', 'red', [])],
      },
      [`build ${NOBLE} → red: never built`],
    ],
    [
      'builds again when an input has changed, and says which',
      { desired: desiredState({ images: { runnerVersion: '2.331.0' } }), observation: holds(hoursAgo(1)) },
      [`build ${NOBLE} → red: inputs changed: runner latest → 2.331.0`],
    ],
    [
      'builds again what does not tell its inputs',
      {
        observation: [
          seen('builder', 'build', [image('new', { runConfig: undefined })]),
          seen('red', 'red', [copyOf('new')]),
        ],
      },
      [`build ${NOBLE} → red: inputs changed: not told by the image`],
    ],
    [
      'builds again when the interval has elapsed',
      { observation: holds(hoursAgo(6)) },
      [`build ${NOBLE} → red: interval elapsed: built 6 h ago`],
    ],
    [
      'lets a fresh image be',
      { observation: holds(hoursAgo(5)) },
      [`${NOBLE}: fresh until 2026-11-21T13:00Z`],
    ],
    [
      'trusts its own clock when Glance is a day behind',
      { observation: holds(hoursAgo(25)), journal: { ...prepared, ...builtBefore(1, ['build-new']) } },
      [`${NOBLE}: fresh until 2026-11-21T17:00Z`],
    ],
    [
      'does not trust times that lie ahead',
      { observation: holds(hoursAgo(-3)), journal: { ...prepared, ...builtBefore(-9, ['build-new']) } },
      [`build ${NOBLE} → red: interval elapsed: by this clock it was never built`],
    ],
    [
      'falls back on Glance when its own journal lies ahead',
      { observation: holds(hoursAgo(2)), journal: { ...prepared, ...builtBefore(-9, ['build-new']) } },
      [`${NOBLE}: fresh until 2026-11-21T16:00Z`],
    ],
    [
      'builds nothing twice at a time',
      { ongoing: [job('build', NOBLE, ['red'])] },
      [`${NOBLE}: being built`],
    ],
    [
      'builds a fresh image when an action asks',
      { observation: holds(hoursAgo(1)), desired: desiredState({ requests: [request('42', 'b1')] }) },
      [`build ${NOBLE} → red: asked by action 42`],
    ],
    [
      'asks once for what an action asked',
      {
        observation: holds(hoursAgo(1)),
        desired: desiredState({ requests: [request('42', 'b1'), request('43', 'b1')] }),
        journal: { ...prepared, endedBuilds: ['b1'] },
      },
      [`${NOBLE}: fresh until 2026-11-21T17:00Z`],
    ],
    [
      'passes over an action that is answered',
      {
        observation: holds(hoursAgo(1)),
        desired: desiredState({ requests: [request('42', 'b1')] }),
        journal: { ...prepared, answered: ['42'] },
      },
      [`${NOBLE}: fresh until 2026-11-21T17:00Z`],
    ],
    [
      'lets what failed rest',
      { journal: afterFailure(desiredState(), 'build', NOW, 'the script failed\nwith 3') },
      [`${NOBLE}: rests after 1 failure until 2026-11-21T12:05Z: the script failed`],
    ],
    [
      'tries again when the rest is over',
      { journal: afterFailure(desiredState(), 'build', NOW - 5 * 60_000) },
      [`build ${NOBLE} → red: never built`],
    ],
    [
      'tries other settings at once',
      { journal: afterFailure(desiredState({ credentialsGeneration: 0 }), 'build') },
      [`build ${NOBLE} → red: never built`],
    ],
    [
      'does not wait out a failure that lies ahead',
      { journal: afterFailure(desiredState(), 'build', NOW + HOUR) },
      [`build ${NOBLE} → red: never built`],
    ],
    [
      'tries at once what failed when an action asks',
      {
        journal: afterFailure(desiredState(), 'build'),
        desired: desiredState({ requests: [request('42', 'b1')] }),
      },
      [`build ${NOBLE} → red: asked by action 42`],
    ],
  ];

  test.each(table)('%s', (_, changes, expected) => {
    expect(tell(planInput(changes))).toEqual(expected);
  });
});

test('a unit that only observes builds, copies and prunes nothing, and says who does', () => {
  expect(tell(planInput({ desired: desiredState({ role: 'observes' }) }))).toEqual([
    'all: stands by: app/leader builds',
  ]);
});
