import { describe, expect, test } from '@jest/globals';
import type { Publication } from '../../../src/model/unit/desired-state.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { desiredState } from '../desired-fixtures.ts';
import { NOBLE, copyOf, hoursAgo, image, job, planInput, seen, describePlan } from './plan-fixtures.ts';

const confirmed = (...imageIds: readonly string[]): Publication => ({
  relationId: 1,
  imageIds,
  isConfirmed: true,
});
const desiredWith = (...published: readonly Publication[]) => desiredState({ published });

const revisions = [1, 2, 3, 4].map((age) => image(`r${age}`, { createdAt: hoursAgo(age) }));
const build = seen('builder', 'build', revisions);
const red = seen('red', 'red', [copyOf('r1', { isPublished: true })]);
const four = { desired: desiredWith(confirmed('r1-copy')), observation: [build, red] };

describe('the ids of a prune', () => {
  test('A prune names the images that it may delete, and those that are published or offered anywhere', () => {
    const desired = desiredWith(confirmed('z', 'r1-copy'));
    expect(planWork(planInput({ ...four, desired, reportedIds: ['r3'] }))).toContainEqual({
      ...{ act: 'prune', imageName: NOBLE, cloudId: 'builder', deletableIds: ['r4'] },
      publishedIds: ['r1-copy', 'z'],
      protectedIds: ['r1', 'r1-copy', 'r3', 'z'],
      reason: '1 revision beyond the newest 2',
    });
  });

  test('A prune keeps and marks what another unit publishes, and waits while that is not known', () => {
    const prunesBeside = (imageIds: readonly string[] | undefined) => {
      const desired = desiredState({
        published: [confirmed('r1-copy')],
        otherUnits: [{ unit: 'app/1', imageIds }],
      });
      return planInput({ ...four, desired });
    };
    expect(planWork(prunesBeside(['r3']))).toContainEqual(
      expect.objectContaining({
        ...{ act: 'prune', cloudId: 'builder', deletableIds: ['r4'] },
        ...{ publishedIds: ['r1-copy', 'r3'], protectedIds: ['r1', 'r1-copy', 'r3'] },
      }),
    );
    expect(describePlan(prunesBeside(undefined)).filter((line) => line.includes('prune'))).toEqual([
      'prune: waits until the published images of app/1 are known',
    ]);
  });

  test('An old copy that is about to be published is protected', () => {
    const old = copyOf('r1', { createdAt: hoursAgo(9) });
    const others = [2, 3, 5].map((age) => image(`other${age}`, { createdAt: hoursAgo(age) }));
    const input = planInput({
      desired: desiredWith(confirmed()),
      observation: [build, seen('red', 'red', [...others, old])],
    });
    const inRed = planWork(input).filter((entry) => entry.act === 'prune' && entry.cloudId === 'red');
    expect(inRed).toMatchObject([{ deletableIds: ['other5'], protectedIds: ['r1', 'r1-copy'] }]);
  });
});

test('No more than four prunes run at the same time', () => {
  const names = ['a', 'b', 'c', 'd', 'e'].map((word) => `app-${word}-x64`);
  const images = names.flatMap((name) =>
    [1, 2, 3].map((age) => image(`${name}-${age}`, { name, createdAt: hoursAgo(age) })),
  );
  const input = planInput({
    desired: desiredWith(confirmed()),
    observation: [seen('builder', 'build', images), seen('red', 'red', [])],
    ongoing: [job('prune', 'app-noble-arm64', ['builder'])],
  });
  const prunes = planWork(input).filter(({ act }) => act === 'prune');
  expect(prunes).toHaveLength(3);
  expect(describePlan(input).filter((line) => line.includes('waits for one of 4 prune jobs'))).toEqual([
    'app-d-x64 in builder: waits for one of 4 prune jobs to end',
    'app-e-x64 in builder: waits for one of 4 prune jobs to end',
  ]);
});
