import { describe, expect, test } from '@jest/globals';
import type { Publication } from '../../../src/model/unit/desired-state.ts';
import type { JobRequest } from '../../../src/model/job/job-request.ts';
import type { ObservedCloud } from '../../../src/model/observation.ts';
import { EMPTY_JOURNAL } from '../../../src/scheduler/journal/journal.ts';
import { rememberEnded } from '../../../src/scheduler/journal/answers.ts';
import type { PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { recordJobEnd } from '../../../src/scheduler/journal/record-job-end.ts';
import { desiredState } from '../desired-fixtures.ts';
import { HOUR, NOBLE, NOW, copyOf, failed, hoursAgo, image, job, planInput, seen } from './plan-fixtures.ts';

const request = (change: Partial<JobRequest> = {}): JobRequest => ({
  ...{ action: '5', kind: 'prune', jobId: 'p1', isDryRun: true },
  ...change,
});
const published = (ageHours: number, isConfirmed = true): Publication => ({
  ...{ relationId: 1, imageIds: ['r1-copy'], isConfirmed },
  sources: [
    { imageName: NOBLE, imageId: 'r1-copy', source: { imageId: 'r1', createdAt: hoursAgo(ageHours) } },
  ],
});
const revisions = [1, 2, 3, 4].map((age) => image(`r${age}`, { createdAt: hoursAgo(age) }));
const build = seen('builder', 'build', revisions);
const red = (former: readonly string[] = []): ObservedCloud => ({
  ...{ cloudId: 'red', state: 'seen', projectKey: 'red' },
  images: [copyOf('r1', { isPublished: true })],
  activeExtraIds: ['r1-copy', ...former],
});

/** Returns the prunes of several clouds in a plan. */
const prunesOf = (change: Partial<PlanInput>) =>
  planWork(planInput({ observation: [build, red()], ...change })).filter(({ act }) => act === 'prune-clouds');

describe('a prune that an action requests', () => {
  const desiredFor = (change: Partial<JobRequest> = {}, isConfirmed = true) =>
    desiredState({ published: [published(1, isConfirmed)], jobRequests: [request(change)] });

  test('The plan names the revisions of every image in every project, and what is protected', () => {
    expect(prunesOf({ desired: desiredFor() })).toEqual([
      {
        ...{ act: 'prune-clouds', buildId: 'p1', subject: 'old revisions', isDryRun: true },
        protectedIds: ['r1', 'r1-copy'],
        revisions: [
          { cloudId: 'builder', imageName: NOBLE, keepRevisions: 2, deletableIds: ['r3', 'r4'] },
          { cloudId: 'red', imageName: NOBLE, keepRevisions: 2, deletableIds: [] },
        ],
        ...{ former: [], omitted: [], reason: 'asked by action 5' },
      },
    ]);
  });

  test('What the Python charm left is looked for in the build cloud and in the clouds of the consumers', () => {
    expect(prunesOf({ desired: desiredFor({ kind: 'prune-former', isDryRun: false }) })).toMatchObject([
      {
        ...{ subject: 'what the Python charm left', isDryRun: false, revisions: [] },
        former: [
          { cloudId: 'builder', imageIds: [], names: 'all' },
          { cloudId: 'red', imageIds: [], names: 'images' },
        ],
      },
    ]);
  });

  test('A prune that deletes waits until the published images are confirmed, and a dry run, the default, does not', () => {
    expect(prunesOf({ desired: desiredFor({ isDryRun: false }, false) })).toEqual([]);
    expect(prunesOf({ desired: desiredFor({}, false) })).toHaveLength(1);
    const [prune] = prunesOf({ desired: desiredFor({ isDryRun: undefined }, false) });
    expect(prune).toMatchObject({ isDryRun: true });
  });

  test('A prune waits while the build cloud does not answer', () => {
    expect(prunesOf({ desired: desiredFor(), observation: [failed('builder'), red()] })).toEqual([]);
  });

  test('A prune waits for the images of a cloud that has not answered yet', () => {
    const input = planInput({ observation: [build], desired: desiredFor() });
    expect(planWork(input).filter(({ act }) => act === 'prune-clouds')).toEqual([]);
    expect(planWork(input)).toContainEqual(
      expect.objectContaining({ act: 'skip', reason: 'requested prune: waits for the images in red' }),
    );
  });

  test('An image that a job works on and a cloud that does not answer are left out and named', () => {
    const ongoing = [job('build', NOBLE, ['red'])];
    expect(prunesOf({ desired: desiredFor(), ongoing, observation: [build, failed('red')] })).toMatchObject([
      {
        revisions: [],
        omitted: [
          `${NOBLE} in builder is left out: a job works on it`,
          'cloud red did not answer: no route to host',
        ],
      },
    ]);
  });

  test('A prune that runs or has ended is not planned again', () => {
    const desired = desiredFor();
    const running = { ...job('prune-clouds', 'old revisions', ['builder']), buildId: 'p1' };
    expect(prunesOf({ desired, ongoing: [running] })).toEqual([]);
    expect(prunesOf({ desired, journal: rememberEnded(planInput().journal, 'p1') })).toEqual([]);
  });

  test('The failure of a requested prune ends it and is no failure of the unit', () => {
    const ended = {
      job: { ...job('prune-clouds', 'old revisions', ['builder']), buildId: 'p1' },
      outcome: {
        state: 'failed',
        kind: 'denied',
        message: 'HTTP 403',
        step: '',
        leftovers: [],
        result: undefined,
      },
      context: { desired: desiredFor(), intervalHours: 6 },
      ...{ now: NOW, random01: 0.5 },
    } as const;
    const { ends, ...journal } = recordJobEnd(EMPTY_JOURNAL, ended);
    expect({ ...journal, ends: [] }).toEqual({ ...EMPTY_JOURNAL, endedBuilds: ['p1'] });
    expect(ends.map(({ outcome }) => outcome)).toEqual(['failed']);
  });
});

describe('the images of the Python charm', () => {
  const former = [{ relationId: 1, imageIds: ['old', 'older'] }];
  const desiredFor = (publication = published(1)) =>
    desiredState({ published: [publication], formerImages: former });
  const observation = [build, red(['old'])];

  test('An image whose id was in the databag is deleted by its id once the new images are an hour old', () => {
    expect(prunesOf({ desired: desiredFor(), observation })).toMatchObject([
      {
        ...{ buildId: undefined, isDryRun: false, revisions: [] },
        former: [{ cloudId: 'red', imageIds: ['old'], names: 'none' }],
        reason: '1 image of the Python charm, replaced by images of this charm',
      },
    ]);
  });

  test.each([
    ['the new images are younger', desiredFor(published(0.9)), observation],
    [
      'the source of a published image is not known',
      desiredFor({ ...published(1), sources: [] }),
      observation,
    ],
    ['the published images are not confirmed', desiredFor(published(1, false)), observation],
    [
      'the image is published again',
      desiredFor({ ...published(1), imageIds: ['r1-copy', 'old'] }),
      observation,
    ],
    ['the image is gone', desiredFor(), [build, red()]],
    ['the build cloud does not answer', desiredFor(), [failed('builder'), red(['old'])]],
    ['the consumer is gone', { ...desiredFor(), consumers: [] }, observation],
  ])('Nothing is deleted when %s', (_when, desired, clouds) => {
    expect(prunesOf({ desired, observation: clouds })).toEqual([]);
  });

  test('A deletion that left the image in place is repeated after a pause', () => {
    const desired = desiredFor();
    const [entry] = prunesOf({ desired, observation });
    expect(entry?.act).toBe('prune-clouds');
    const subject = 'images of the Python charm';
    const done = { ...job('prune-clouds', subject, ['red']), deletableIds: ['old'] };
    const journal = recordJobEnd(planInput({ desired }).journal, {
      job: done,
      outcome: { state: 'done', result: { job: 'prune-clouds', things: [], warnings: [] } },
      context: { desired, intervalHours: 6 },
      ...{ now: NOW, random01: 0.5 },
    });
    expect(prunesOf({ desired, observation, journal })).toEqual([]);
    expect(prunesOf({ desired, observation, journal, now: NOW + 6 * HOUR })).toHaveLength(1);
  });
});
