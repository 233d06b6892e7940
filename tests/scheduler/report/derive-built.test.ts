import { describe, expect, test } from '@jest/globals';
import { parseBuilt } from '../../../src/model/unit/built.ts';
import { rememberEnded } from '../../../src/scheduler/journal/answers.ts';
import { rememberFailure } from '../../../src/scheduler/journal/back-off.ts';
import { type BuiltInput, deriveBuilt } from '../../../src/scheduler/report/derive-built.ts';
import type { PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { desiredState } from '../desired-fixtures.ts';
import {
  JAMMY,
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
  publishedFrom,
  request,
  seen,
} from '../plan/plan-fixtures.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const images = [image('new'), image('old', { createdAt: hoursAgo(3) }), image('half', { status: 'saving' })];
const observed = [seen('builder', 'build', images), seen('red', 'red', [copyOf('new')])];
/** A build and its copy, with UUIDs as ids, as built.json has them. */
const encodable = [
  seen('builder', 'build', [image(uuidOf('new'))]),
  seen('red', 'red', [image(uuidOf('copy'), { sourceImageId: uuidOf('new') })]),
];
/** Returns the details of an image that was built then, with the latest runner. */
const detailsOf = (createdAt: string) => ({ createdAt, runnerSince: new Date(createdAt).toISOString() });
const cloudImage = (cloudId: string, imageId: string, source?: string) => ({
  ...{ arch: 'x64', base: 'noble', cloudId, imageId, juju: '', microk8s: '' },
  ...(source === undefined ? {} : { source: { imageId: source, createdAt: hoursAgo(1) } }),
  details: detailsOf(hoursAgo(1)),
});

const revision = (imageId: string, hours: number) => ({
  ...{ imageName: NOBLE, imageId, buildId: `build-${imageId}`, createdAt: hoursAgo(hours) },
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
          ...{ cloudId: 'builder', failure: undefined, images: [cloudImage('builder', 'new', 'new')] },
          activeIds: ['new', 'old'],
          revisions: [revision('new', 1), revision('old', 3)],
        },
        {
          ...{ cloudId: 'red', failure: undefined, images: [cloudImage('red', 'new-copy', 'new')] },
          activeIds: ['new-copy'],
          revisions: [revision('new-copy', 1)],
        },
      ],
      skipped: [
        { subject: NOBLE, reason: 'fresh until 2026-11-21T17:00Z', until: '2026-11-21T17:00:00.000Z' },
      ],
      ...{
        ...{ failures: [], ended: [] },
        answered: [],
        endedBuilds: [],
        nextBuildAt: '2026-11-21T17:00:00.000Z',
        idleReason: undefined,
      },
    });
  });

  test('The revisions leave out what a running or planned prune may delete', () => {
    const prune = { ...job('prune', NOBLE, ['builder']), deletableIds: ['old'] };
    const [builder] = deriveBuilt(undefined, input({ ongoing: [prune] })).clouds;
    expect(builder?.revisions).toEqual([revision('new', 1)]);
    const planned = { act: 'prune', imageName: NOBLE, cloudId: 'builder', deletableIds: ['old'] } as const;
    const plan = [{ ...planned, publishedIds: [], protectedIds: [], reason: 'old' }];
    expect(deriveBuilt(undefined, { ...input(), plan }).clouds[0]?.revisions).toEqual([revision('new', 1)]);
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
    const built = deriveBuilt(undefined, input({ observation: encodable, ongoing: [job('build', NOBLE)] }));
    expect(parseBuilt(JSON.stringify(built))).toEqual(built);
  });

  test('Images and ids that are no UUIDs are left out of a report that is read', () => {
    const built = deriveBuilt(undefined, input({ observation: encodable }));
    const odd = ['', ' ', 'old', '../x', 'x'.repeat(150_000)];
    const clouds = built.clouds.map((report) => ({
      ...report,
      images: [...odd.map((id) => cloudImage('red', id)), ...report.images],
      activeIds: [...odd, ...report.activeIds],
    }));
    expect(parseBuilt(JSON.stringify({ ...built, clouds }))).toEqual(built);
  });

  test('The copy of the newest image in the build cloud precedes a later copy of an older image', () => {
    const late = copyOf('old', { createdAt: hoursAgo(0) });
    const observation = [seen('builder', 'build', images), seen('red', 'red', [late, copyOf('new')])];
    expect(deriveBuilt(undefined, input({ observation })).clouds[1]?.images).toEqual([
      cloudImage('red', 'new-copy', 'new'),
    ]);
  });

  test('The published image stays the same while the build cloud is unavailable', () => {
    const late = copyOf('old', { createdAt: hoursAgo(0) });
    const observation = [failed('builder'), seen('red', 'red', [late, copyOf('new')])];
    const offered = (desired: PlanInput['desired']) =>
      deriveBuilt(undefined, input({ observation, desired })).clouds[1]?.images;
    expect(offered(publishedFrom('new', hoursAgo(1)))).toEqual([cloudImage('red', 'new-copy', 'new')]);
    const details = detailsOf(hoursAgo(0));
    expect(offered(desiredState())).toEqual([{ ...cloudImage('red', 'old-copy'), details }]);
  });

  test('A published image is not replaced by a copy of an earlier image', () => {
    const olds = copyOf('old', { createdAt: hoursAgo(0) });
    const observe = (red: readonly ReturnType<typeof image>[]) => [
      seen('builder', 'build', [image('old', { createdAt: hoursAgo(3) })]),
      seen('red', 'red', red),
    ];
    const offered = (
      desired: PlanInput['desired'],
      journal = planInput().journal,
      red = [olds, copyOf('new')],
    ) =>
      deriveBuilt(undefined, input({ observation: observe(red), desired, journal })).clouds[1]?.images[0]
        ?.imageId;
    expect(offered(publishedFrom('new', hoursAgo(1)))).toBe('new-copy');
    expect(offered(desiredState())).toBe('old-copy');
    const last = { ...planInput().journal, ...builtBefore(0, 'build-old') };
    expect(offered(publishedFrom('new', hoursAgo(1)), last)).toBe('old-copy');
    expect(offered(publishedFrom('new', hoursAgo(1)), undefined, [olds])).toBe('old-copy');
  });

  test('A published image stays when the cloud of its consumer claims to have a later one', () => {
    const forged = copyOf('forged', { createdAt: hoursAgo(-90) });
    const edited = copyOf('new', { sourceImageId: 'forged' });
    const observation = [seen('builder', 'build', images), seen('red', 'red', [forged, edited])];
    const desired = publishedFrom('new', hoursAgo(1));
    expect(deriveBuilt(undefined, input({ observation, desired })).clouds[1]?.images).toEqual([
      cloudImage('red', 'new-copy', 'new'),
    ]);
  });

  test('An image that a running prune may delete is not offered', () => {
    const ongoing = [{ ...job('prune', NOBLE, ['red']), deletableIds: ['new-copy'] }];
    expect(deriveBuilt(undefined, input({ ongoing })).clouds[1]?.images).toEqual([]);
  });

  test('A cloud that fails keeps its last images and gets the reason of the failure', () => {
    const before = deriveBuilt(undefined, input());
    const after = deriveBuilt(before, input({ observation: [failed('builder'), failed('red')] }));
    const failure = { kind: 'unavailable', type: '', message: 'no route to host' };
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

  test('The next attempt of a failed requested build is the end of its back-off', () => {
    const journal = afterFailure(desiredState(), 'build');
    const { failures } = deriveBuilt(undefined, input({ journal }));
    expect(failures.map(({ nextAttemptAt }) => nextAttemptAt)).toEqual(['2026-11-21T12:05:00.000Z']);
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
    const desired = desiredState({ requests: [request('7', 'b')] });
    const ended = rememberEnded(planInput().journal, 'b');
    for (const [journal, answered] of [[planInput().journal, []] as const, [ended, ['7']] as const])
      expect(deriveBuilt(undefined, input({ desired, journal })).answered).toEqual(answered);
  });

  test('An unchanged report is the previous object, even when that was decoded from a file', () => {
    const same = input({ observation: encodable });
    const first = deriveBuilt(undefined, same);
    for (const before of [first, parseBuilt(JSON.stringify(first))])
      expect(deriveBuilt(before, same)).toBe(before);
  });
});
