import { describe, expect, test } from '@jest/globals';
import { parseBuilt } from '../../../src/model/built.ts';
import { rememberEnded, rememberFailure } from '../../../src/scheduler/journal/back-off.ts';
import {
  type BuiltInput,
  deriveBuilt,
  hasPublishableChange,
} from '../../../src/scheduler/report/derive-built.ts';
import type { PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { desiredState } from '../desired-fixtures.ts';
import {
  JAMMY,
  NOBLE,
  NOW,
  afterFailure,
  copyOf,
  failed,
  hoursAgo,
  image,
  job,
  planInput,
  seen,
} from '../plan/plan-fixtures.ts';

const images = [image('new'), image('old', { createdAt: hoursAgo(3) }), image('half', { status: 'saving' })];
const observed = [seen('builder', 'build', images), seen('red', 'red', [copyOf('new')])];
const cloudImage = (cloudId: string, imageId: string) => ({
  ...{ arch: 'x64', base: 'noble', cloudId, imageId, juju: '', microk8s: '' },
});

function input(changes: Partial<PlanInput> = {}, more: Partial<BuiltInput> = {}): BuiltInput {
  const given = planInput({ observation: observed, ...changes });
  const ongoing = given.ongoing.map((each) => ({ ...each, step: 'wait for server' }));
  return { ...given, plan: planWork(given), ongoing, batch: { done: 0, total: 0 }, ...more };
}

describe('built.json', () => {
  test('The report has the newest image and all active images of each cloud, and the time of the next build', () => {
    expect(deriveBuilt(undefined, input())).toEqual({
      ...{ format: 1, generation: 1, desiredGeneration: 1, running: [], batch: { done: 0, total: 0 } },
      clouds: [
        {
          ...{ cloudId: 'builder', failure: undefined, images: [cloudImage('builder', 'new')] },
          activeIds: ['new', 'old'],
        },
        {
          ...{ cloudId: 'red', failure: undefined, images: [cloudImage('red', 'new-copy')] },
          activeIds: ['new-copy'],
        },
      ],
      ...{
        failures: [],
        answered: [],
        endedBuilds: [],
        nextBuildAt: '2026-11-21T17:00:00.000Z',
        idleReason: undefined,
      },
    });
  });

  test('The report lists the requested builds that have ended', () => {
    const builds = ['b1', 'b2'].map((buildId) => ({ imageName: NOBLE, buildId }));
    const desired = { ...input().desired, requests: [{ action: '42', builds }] };
    const journal = { ...input().journal, endedBuilds: ['b0', 'b2'] };
    expect(deriveBuilt(undefined, { ...input(), desired, journal }).endedBuilds).toEqual(['b2']);
  });

  test('The active images include extra images of another owner', () => {
    const [first, ...others] = input().observation ?? [];
    if (first?.state !== 'seen') throw new Error('expected a cloud that was seen');
    const observation = [{ ...first, activeExtraIds: ['another'] }, ...others];
    expect(deriveBuilt(undefined, { ...input(), observation }).clouds[0]?.activeIds).toContain('another');
  });

  test('A report is unchanged after it is encoded and decoded', () => {
    const built = deriveBuilt(undefined, input({ ongoing: [job('build', NOBLE)] }));
    expect(parseBuilt(JSON.stringify(built))).toEqual(built);
  });

  test('The copy of the newest image in the build cloud precedes a later copy of an older image', () => {
    const late = copyOf('old', { createdAt: hoursAgo(0) });
    const observation = [seen('builder', 'build', images), seen('red', 'red', [late, copyOf('new')])];
    expect(deriveBuilt(undefined, input({ observation })).clouds[1]?.images).toEqual([
      cloudImage('red', 'new-copy'),
    ]);
  });

  test('The reported image stays the same while the build cloud is unavailable', () => {
    const late = copyOf('old', { createdAt: hoursAgo(0) });
    const red = seen('red', 'red', [late, copyOf('new')]);
    const before = deriveBuilt(undefined, input({ observation: [seen('builder', 'build', images), red] }));
    const blind = input({ observation: [failed('builder'), red] });
    expect(deriveBuilt(before, blind).clouds[1]?.images).toEqual([cloudImage('red', 'new-copy')]);
    expect(deriveBuilt(undefined, blind).clouds[1]?.images).toEqual([cloudImage('red', 'old-copy')]);
  });

  test('A cloud that fails keeps its last images and gets the reason of the failure', () => {
    const before = deriveBuilt(undefined, input());
    const after = deriveBuilt(before, input({ observation: [failed('builder'), failed('red')] }));
    const failure = { kind: 'unavailable', message: 'no route to host' };
    expect(after.clouds).toEqual(before.clouds.map((report) => ({ ...report, failure })));
    expect(after.generation).toBe(2);
  });

  test('A cloud that was never queried has no report, and a cloud that was queried keeps its last one', () => {
    expect(deriveBuilt(undefined, input({ observation: undefined })).clouds).toEqual([]);
    const before = deriveBuilt(undefined, input());
    const later = deriveBuilt(before, input({ credentials: 'missing', observation: undefined }));
    expect(later.clouds).toEqual(before.clouds);
  });

  test('Images that are no longer desired are left out of the last report of a cloud', () => {
    const before = deriveBuilt(undefined, input());
    const desired = desiredState({ images: { bases: ['jammy'] } });
    const after = deriveBuilt(before, input({ desired, observation: [failed('builder'), failed('red')] }));
    expect(after.clouds.map((report) => report.images)).toEqual([[], []]);
    expect(after.clouds[0]?.activeIds).toEqual(['new', 'old']);
  });

  test('The idle reason is present only when nothing is done', () => {
    expect(deriveBuilt(undefined, input({ credentials: 'missing' })).idleReason).toBe(
      'waiting for credentials: none are installed',
    );
    expect(deriveBuilt(undefined, input()).idleReason).toBeUndefined();
  });

  test('Running jobs are listed with their steps, oldest first', () => {
    const younger = { ...job('build', JAMMY), startedAt: NOW + 1000 };
    const { running } = deriveBuilt(undefined, input({ ongoing: [younger, job('build', NOBLE)] }));
    expect(running.map(({ subject, step, startedAt }) => [subject, step, startedAt])).toEqual([
      [NOBLE, 'wait for server', '2026-11-21T12:00:00.000Z'],
      [JAMMY, 'wait for server', '2026-11-21T12:00:01.000Z'],
    ]);
  });

  test('Failures are listed without settings, and without images that are no longer desired', () => {
    const journal = afterFailure(desiredState(), 'build');
    const { failures } = deriveBuilt(undefined, input({ journal }));
    expect(failures).toMatchObject([{ kind: 'build', subject: NOBLE, attempts: 1 }]);
    expect(failures[0]).not.toHaveProperty('settings');
    const desired = desiredState({ images: { bases: ['jammy'] } });
    expect(deriveBuilt(undefined, input({ journal, desired })).failures).toEqual([]);
  });

  test('The next attempt of a failed requested build is the time at which its image is due', () => {
    const journal = afterFailure(desiredState(), 'build');
    const { failures, nextBuildAt } = deriveBuilt(undefined, input({ journal }));
    expect(nextBuildAt).toBe('2026-11-21T17:00:00.000Z');
    expect(failures.map(({ nextAttemptAt }) => nextAttemptAt)).toEqual([nextBuildAt]);
  });

  test('A failed copy is not listed when the cloud has the image', () => {
    const journal = rememberFailure(planInput().journal, {
      ...{ kind: 'copy', subject: NOBLE, cloudId: 'red', errorKind: 'denied', message: 'no', settings: 's' },
      ...{ now: NOW, intervalHours: 6, random01: 0.5 },
    });
    const withoutCopy = [seen('builder', 'build', images), seen('red', 'red', [])];
    expect(deriveBuilt(undefined, input({ journal, observation: withoutCopy })).failures).toHaveLength(1);
    expect(deriveBuilt(undefined, input({ journal })).failures).toEqual([]);
  });

  test('An action is answered when its builds have ended', () => {
    const requests = [{ action: '7', builds: [{ imageName: NOBLE, buildId: 'b' }] }];
    const desired = desiredState({ requests });
    const journal = rememberEnded(planInput().journal, 'b');
    expect(deriveBuilt(undefined, input({ desired })).answered).toEqual([]);
    expect(deriveBuilt(undefined, input({ desired, journal })).answered).toEqual(['7']);
  });

  test('An unchanged report is the previous object, even when that was decoded from a file', () => {
    const before = deriveBuilt(undefined, input());
    expect(deriveBuilt(before, input())).toBe(before);
    const decoded = parseBuilt(JSON.stringify(before));
    expect(deriveBuilt(decoded, input())).toBe(decoded);
  });
});

describe('hasPublishableChange', () => {
  const running = (step: string) => {
    const given = input({ ongoing: [job('build', NOBLE)] });
    return deriveBuilt(undefined, { ...given, ongoing: given.ongoing.map((each) => ({ ...each, step })) });
  };
  const idle = deriveBuilt(undefined, input());

  test.each([
    ['The first report is a publishable change', undefined, idle, true],
    ['An unchanged report is not a publishable change', idle, idle, false],
    ['A build that starts is a publishable change', idle, running('create server'), true],
    [
      'The next step of a build is not a publishable change',
      running('create server'),
      running('wait for server'),
      false,
    ],
    [
      'A prune that starts is not a publishable change',
      idle,
      deriveBuilt(undefined, input({ ongoing: [job('prune', NOBLE)] })),
      false,
    ],
    [
      'A new image is a publishable change',
      idle,
      deriveBuilt(
        undefined,
        input({
          observation: [
            seen('builder', 'build', images),
            seen('red', 'red', [copyOf('new'), copyOf('x', { createdAt: hoursAgo(0) })]),
          ],
        }),
      ),
      true,
    ],
    [
      'A cloud that fails is a publishable change',
      idle,
      deriveBuilt(undefined, input({ observation: [observed[0] ?? failed('builder'), failed('red')] })),
      true,
    ],
    [
      'A build that fails is a publishable change',
      idle,
      deriveBuilt(undefined, input({ journal: afterFailure(desiredState(), 'build') })),
      true,
    ],
    [
      'A removal of the credentials is a publishable change',
      idle,
      deriveBuilt(idle, input({ credentials: 'missing' })),
      true,
    ],
    [
      'A new generation alone is not a publishable change',
      idle,
      { ...idle, generation: 9, desiredGeneration: 9 },
      false,
    ],
  ])('%s', (_, before, after, expected) => {
    expect(hasPublishableChange(before, after)).toBe(expected);
  });
});
