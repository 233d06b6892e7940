import { describe, expect, test } from '@jest/globals';
import { parseBuilt } from '../../../src/model/built.ts';
import { rememberEnded, rememberFailure } from '../../../src/scheduler/journal/back-off.ts';
import { type BuiltInput, deriveBuilt, hasPublishableChange } from '../../../src/scheduler/report/derive-built.ts';
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
const served = [seen('builder', 'build', images), seen('red', 'red', [copyOf('new')])];
const cloudImage = (cloudId: string, imageId: string) => ({
  ...{ arch: 'x64', base: 'noble', cloudId, imageId, juju: '', microk8s: '' },
});

function input(changes: Partial<PlanInput> = {}, more: Partial<BuiltInput> = {}): BuiltInput {
  const given = planInput({ observation: served, ...changes });
  const ongoing = given.ongoing.map((each) => ({ ...each, step: 'wait for server' }));
  return { ...given, plan: planWork(given), ongoing, batch: { done: 0, total: 0 }, ...more };
}

describe('what the daemon tells', () => {
  test('is the newest active image of each cloud, what is active at all, and when the next build is due', () => {
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

  test('tells of the builds asked for which have ended', () => {
    const builds = ['b1', 'b2'].map((buildId) => ({ imageName: NOBLE, buildId }));
    const wanted = { ...input().desired, requests: [{ action: '42', builds }] };
    const journal = { ...input().journal, endedBuilds: ['b0', 'b2'] };
    expect(deriveBuilt(undefined, { ...input(), desired: wanted, journal }).endedBuilds).toEqual(['b2']);
  });

  test('counts as active what was asked for and is of another owner', () => {
    const [first, ...rest] = input().observation ?? [];
    if (first?.state !== 'seen') throw new Error('expected a cloud that was seen');
    const observation = [{ ...first, alsoActiveIds: ['another'] }, ...rest];
    expect(deriveBuilt(undefined, { ...input(), observation }).clouds[0]?.activeIds).toContain('another');
  });

  test('goes through built.json unharmed', () => {
    const built = deriveBuilt(undefined, input({ ongoing: [job('build', NOBLE)] }));
    expect(parseBuilt(JSON.stringify(built))).toEqual(built);
  });

  test('prefers the copy of what the build cloud has newest to a later copy of an older one', () => {
    const late = copyOf('old', { createdAt: hoursAgo(0) });
    const observation = [seen('builder', 'build', images), seen('red', 'red', [late, copyOf('new')])];
    expect(deriveBuilt(undefined, input({ observation })).clouds[1]?.images).toEqual([
      cloudImage('red', 'new-copy'),
    ]);
  });

  test('stays with what it said as long as the build cloud does not tell which image is newest', () => {
    const late = copyOf('old', { createdAt: hoursAgo(0) });
    const red = seen('red', 'red', [late, copyOf('new')]);
    const before = deriveBuilt(undefined, input({ observation: [seen('builder', 'build', images), red] }));
    const blind = input({ observation: [failed('builder'), red] });
    expect(deriveBuilt(before, blind).clouds[1]?.images).toEqual([cloudImage('red', 'new-copy')]);
    expect(deriveBuilt(undefined, blind).clouds[1]?.images).toEqual([cloudImage('red', 'old-copy')]);
  });

  test('keeps of a cloud that fails what it said last, beside why it fails', () => {
    const before = deriveBuilt(undefined, input());
    const after = deriveBuilt(before, input({ observation: [failed('builder'), failed('red')] }));
    const failure = { kind: 'unavailable', message: 'no route to host' };
    expect(after.clouds).toEqual(before.clouds.map((report) => ({ ...report, failure })));
    expect(after.generation).toBe(2);
  });

  test('says of a cloud that was never asked nothing, and of one that was what it said', () => {
    expect(deriveBuilt(undefined, input({ observation: undefined })).clouds).toEqual([]);
    const before = deriveBuilt(undefined, input());
    const later = deriveBuilt(before, input({ credentials: 'missing', observation: undefined }));
    expect(later.clouds).toEqual(before.clouds);
  });

  test('of an earlier config leaves out what is no longer wanted', () => {
    const before = deriveBuilt(undefined, input());
    const desired = desiredState({ images: { bases: ['jammy'] } });
    const after = deriveBuilt(before, input({ desired, observation: [failed('builder'), failed('red')] }));
    expect(after.clouds.map((report) => report.images)).toEqual([[], []]);
    expect(after.clouds[0]?.activeIds).toEqual(['new', 'old']);
  });

  test('says why nothing is done at all, and only then', () => {
    expect(deriveBuilt(undefined, input({ credentials: 'missing' })).idleReason).toBe(
      'waiting for credentials: none are installed',
    );
    expect(deriveBuilt(undefined, input()).idleReason).toBeUndefined();
  });

  test('tells running jobs, the oldest first, with their steps', () => {
    const younger = { ...job('build', JAMMY), startedAt: NOW + 1000 };
    const { running } = deriveBuilt(undefined, input({ ongoing: [younger, job('build', NOBLE)] }));
    expect(running.map(({ subject, step, startedAt }) => [subject, step, startedAt])).toEqual([
      [NOBLE, 'wait for server', '2026-11-21T12:00:00.000Z'],
      [JAMMY, 'wait for server', '2026-11-21T12:00:01.000Z'],
    ]);
  });

  test('tells failures without the settings, and none of what is no longer wanted', () => {
    const journal = afterFailure(desiredState(), 'build');
    const { failures } = deriveBuilt(undefined, input({ journal }));
    expect(failures).toMatchObject([{ kind: 'build', subject: NOBLE, attempts: 1 }]);
    expect(failures[0]).not.toHaveProperty('settings');
    const desired = desiredState({ images: { bases: ['jammy'] } });
    expect(deriveBuilt(undefined, input({ journal, desired })).failures).toEqual([]);
  });

  test('tells of a build that an action asked for and that failed: not before its image is due', () => {
    const journal = afterFailure(desiredState(), 'build');
    const { failures, nextBuildAt } = deriveBuilt(undefined, input({ journal }));
    expect(nextBuildAt).toBe('2026-11-21T17:00:00.000Z');
    expect(failures.map(({ nextAttemptAt }) => nextAttemptAt)).toEqual([nextBuildAt]);
  });

  test('tells no copy as failed that has come by another way', () => {
    const journal = rememberFailure(planInput().journal, {
      ...{ kind: 'copy', subject: NOBLE, cloudId: 'red', errorKind: 'denied', message: 'no', settings: 's' },
      ...{ now: NOW, intervalHours: 6, random01: 0.5 },
    });
    const lacking = [seen('builder', 'build', images), seen('red', 'red', [])];
    expect(deriveBuilt(undefined, input({ journal, observation: lacking })).failures).toHaveLength(1);
    expect(deriveBuilt(undefined, input({ journal })).failures).toEqual([]);
  });

  test('tells actions whose builds have ended', () => {
    const requests = [{ action: '7', builds: [{ imageName: NOBLE, buildId: 'b' }] }];
    const desired = desiredState({ requests });
    const journal = rememberEnded(planInput().journal, 'b');
    expect(deriveBuilt(undefined, input({ desired })).answered).toEqual([]);
    expect(deriveBuilt(undefined, input({ desired, journal })).answered).toEqual(['7']);
  });

  test('is told once: without news it is the same, whether it was read from a file or not', () => {
    const before = deriveBuilt(undefined, input());
    expect(deriveBuilt(before, input())).toBe(before);
    const read = parseBuilt(JSON.stringify(before));
    expect(deriveBuilt(read, input())).toBe(read);
  });
});

describe('news for the charm', () => {
  const running = (step: string) => {
    const given = input({ ongoing: [job('build', NOBLE)] });
    return deriveBuilt(undefined, { ...given, ongoing: given.ongoing.map((each) => ({ ...each, step })) });
  };
  const quiet = deriveBuilt(undefined, input());

  test.each([
    ['the first that is told', undefined, quiet, true],
    ['nothing', quiet, quiet, false],
    ['a build that starts', quiet, running('create server'), true],
    ['the next step of a build', running('create server'), running('wait for server'), false],
    ['a prune that starts', quiet, deriveBuilt(undefined, input({ ongoing: [job('prune', NOBLE)] })), false],
    [
      'a new image',
      quiet,
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
      'a cloud that fails',
      quiet,
      deriveBuilt(undefined, input({ observation: [served[0] ?? failed('builder'), failed('red')] })),
      true,
    ],
    [
      'a build that fails',
      quiet,
      deriveBuilt(undefined, input({ journal: afterFailure(desiredState(), 'build') })),
      true,
    ],
    ['credentials that are gone', quiet, deriveBuilt(quiet, input({ credentials: 'missing' })), true],
    ['another generation alone', quiet, { ...quiet, generation: 9, desiredGeneration: 9 }, false],
  ])('%s', (_, before, after, isNews) => {
    expect(hasPublishableChange(before, after)).toBe(isNews);
  });
});
