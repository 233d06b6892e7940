import { describe, expect, test } from '@jest/globals';
import type { ObservedLayer } from '../../../src/model/observation.ts';
import type { OngoingJob } from '../../../src/model/job/ongoing-job.ts';
import { type FailedJob, rememberFailure } from '../../../src/scheduler/journal/back-off.ts';
import type { LastLayer } from '../../../src/scheduler/journal/journal.ts';
import type { PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { settingsOf } from '../../../src/scheduler/plan/plan-settings.ts';
import { desiredState } from '../desired-fixtures.ts';
import {
  HOUR,
  NOBLE,
  NOW,
  describePlan,
  hoursAgo,
  image,
  job,
  planInput,
  preparedOf,
  seen,
} from './plan-fixtures.ts';

const MATRIX = { jujuChannels: ['3/stable'], microk8sChannels: ['1.31/stable'] };
const desired = desiredState({ images: MATRIX, build: { maxParallel: 4 } });
const JUJU = `${NOBLE}-juju-3-stable`;
const MK8S = `${NOBLE}-mk8s-1.31-stable`;
const BOTH = `${JUJU}-mk8s-1.31-stable`;
const LOWER = `${NOBLE}.layer`;
const UPPER = `${MK8S}.layer`;
const NO_QUOTA = { errorKind: 'quota', message: 'quota: cores 8 of 10 used, a build needs 4' } as const;

function input(changes: Partial<PlanInput> = {}): PlanInput {
  return planInput({ desired, ...changes });
}

/** Returns the key that the plan gives to a layer. */
function keyOf(name: string): string {
  const made = planWork(input({ observation: clouds(name === UPPER ? [lowerLayer()] : []) }));
  const entry = made.find((each) => each.act === 'layer' && each.name === name);
  if (entry?.act !== 'layer') throw new Error(`expected that ${name} is made`);
  return entry.key;
}

function lowerLayer(changes: Partial<ObservedLayer> = {}): ObservedLayer {
  return {
    id: 'lower',
    name: LOWER,
    status: 'active',
    createdAt: hoursAgo(1),
    key: keyOf(LOWER),
    buildId: 'lower',
    ...changes,
  };
}

function upperLayer(): ObservedLayer {
  return { ...lowerLayer(), id: 'upper', buildId: 'upper', name: UPPER, key: keyOf(UPPER) };
}

function clouds(layers: readonly ObservedLayer[], built: readonly string[] = []): PlanInput['observation'] {
  const images = built.map((name) => image(`of ${name}`, { name }));
  const own = seen('builder', 'build', images);
  const copies = built.map((name) => image(`copy of ${name}`, { name, sourceImageId: `of ${name}` }));
  return [{ ...own, layers } as typeof own, seen('red', 'red', copies)];
}

/** Returns the journal after the layer of all images was made with these facts. */
function made(changes: Partial<LastLayer>): PlanInput['journal'] {
  const settings = settingsOf(desired, 'layer', LOWER);
  const last = { buildId: 'lower', settings, at: NOW - 8 * HOUR, isListed: true };
  const layers = { [LOWER]: { ...last, seconds: 900, partsSeconds: 600, ...changes } };
  return { ...input().journal, layers };
}

function failed(
  kind: 'layer' | 'build',
  subject: string,
  reason: Pick<FailedJob, 'errorKind' | 'message'> = { errorKind: 'build', message: 'no' },
): PlanInput['journal'] {
  return rememberFailure(input().journal, {
    ...{ kind, subject, cloudId: '', ...reason, now: NOW },
    ...{ settings: settingsOf(desired, kind, subject), intervalHours: 6, random01: 0.5 },
  });
}

function makes(subject: string): OngoingJob {
  return job('layer', subject);
}

describe('the plan of layers', () => {
  test('What all images of a base share is made first, and each says what it waits for', () => {
    expect(describePlan(input())).toEqual([
      `layer ${LOWER}: shared by 4 images`,
      `${UPPER}: waits for ${LOWER} to be made`,
      `${NOBLE}: waits for ${LOWER} to be made`,
      `${MK8S}: waits for ${UPPER} to be made`,
      `${JUJU}: waits for ${LOWER} to be made`,
      `${BOTH}: waits for ${UPPER} to be made`,
    ]);
  });

  test('Images start from the lower layer while the upper one is made on it', () => {
    expect(describePlan(input({ observation: clouds([lowerLayer()]) }))).toEqual([
      `layer ${UPPER} on lower: shared by 2 images`,
      `build ${NOBLE} on lower → red: never built`,
      `${MK8S}: waits for ${UPPER} to be made`,
      `build ${JUJU} on lower → red: never built`,
      `${BOTH}: waits for ${UPPER} to be made`,
    ]);
  });

  test('Images with MicroK8s start from the upper layer', () => {
    expect(describePlan(input({ observation: clouds([upperLayer(), lowerLayer()]) }))).toEqual([
      `build ${NOBLE} on lower → red: never built`,
      `build ${MK8S} on upper → red: never built`,
      `build ${JUJU} on lower → red: never built`,
      `build ${BOTH} on upper → red: never built`,
    ]);
  });

  test('A layer counts as one of the parallel builds', () => {
    const one = desiredState({ images: { ...MATRIX, bases: ['noble', 'jammy'] }, build: { maxParallel: 1 } });
    const journal = { ...input().journal, ...preparedOf({ noble: NOW, jammy: NOW }, one) };
    expect(describePlan(input({ desired: one, journal })).slice(0, 7)).toContain(
      'app-jammy-x64.layer: waits for a free slot (1 of 1)',
    );
    const busy = describePlan(input({ desired: one, journal, ongoing: [makes(LOWER)] }));
    expect(busy).toContain(`${LOWER}: being made`);
    expect(busy).toContain('app-jammy-x64.layer: waits for a free slot (1 of 1)');
  });

  test('A single image that is due is built without a layer', () => {
    const plan = describePlan(input({ observation: clouds([], [NOBLE, JUJU, BOTH]) }));
    expect(plan).toContain(
      `build ${MK8S} → red: never built; without a layer: no other image that shares it is due`,
    );
  });

  test('Two images with MicroK8s share the upper layer, which starts from the base image', () => {
    const plan = describePlan(input({ observation: clouds([], [NOBLE, JUJU]) }));
    expect(plan).toContain(`layer ${UPPER}: shared by 2 images`);
    expect(plan.join()).not.toContain(LOWER);
  });

  test('The images of a layer that failed are built without it during its back-off', () => {
    const plan = describePlan(input({ journal: failed('layer', LOWER) }));
    const why = 'without a layer: skipped until 2026-11-21T12:05Z after 1 failure: no';
    expect(plan).toContain(`layer ${UPPER}: shared by 2 images`);
    expect(plan).toContain(`build ${NOBLE} → red: never built; ${why}`);
  });

  test('An image whose last build failed is built without a layer, and the others with it', () => {
    const journal = failed('build', JUJU);
    const plan = describePlan(input({ journal, now: NOW + HOUR, observation: clouds([lowerLayer()]) }));
    expect(plan).toContain(`build ${NOBLE} on lower → red: never built`);
    expect(plan).toContain(`build ${JUJU} → red: never built; without a layer: the last build failed`);
  });

  test('A consumer that joins while a layer is made gets the images that are built from it', () => {
    const consumers = ['red', 'blue'].map((cloudId, index) => ({
      ...{ relationId: index, unit: `${cloudId}/0`, cloudId },
    }));
    const joined = desiredState({ images: MATRIX, build: { maxParallel: 4 }, consumers });
    const [build] = clouds([lowerLayer()]) ?? [];
    if (build === undefined) throw new Error('expected the build cloud');
    const observation = [build, seen('red', 'red', []), seen('blue', 'blue', [])];
    const plan = describePlan(
      input({ desired: joined, observation, journal: planInput({ desired: joined }).journal }),
    );
    expect(plan).toContain(`build ${JUJU} on lower → red+blue: never built`);
    expect(plan).not.toContain(`layer ${LOWER}: shared by 4 images`);
  });

  test('A layer without quota waits for it, and so do the images that share it', () => {
    const plan = describePlan(input({ journal: failed('layer', LOWER, NO_QUOTA) }));
    expect(plan).toEqual([
      `${LOWER}: waits for quota: cores 8 of 10 used, a build needs 4`,
      `${UPPER}: waits for ${LOWER} to be made`,
      `${NOBLE}: waits for ${LOWER} to be made`,
      `${MK8S}: waits for ${UPPER} to be made`,
      `${JUJU}: waits for ${LOWER} to be made`,
      `${BOTH}: waits for ${UPPER} to be made`,
    ]);
  });

  test('An image without quota waits for it, and starts from the layer afterwards', () => {
    const journal = failed('build', JUJU, NO_QUOTA);
    const observation = clouds([lowerLayer()]);
    expect(describePlan(input({ journal, observation }))).toContain(
      `${JUJU}: waits for quota: cores 8 of 10 used, a build needs 4`,
    );
    expect(describePlan(input({ journal, observation, now: NOW + HOUR }))).toContain(
      `build ${JUJU} on lower → red: never built`,
    );
  });

  test.each<readonly [string, Partial<LastLayer>, string]>([
    ['saved no time', { partsSeconds: 250 }, 'a layer takes 900 s and saves 750 s'],
    [
      'is not listed',
      { at: NOW - HOUR, isListed: false },
      `${LOWER} was made at 2026-11-21T11:00Z, but is not listed`,
    ],
  ])('Images are built without a layer that %s', (_, last, why) => {
    const plan = describePlan(input({ journal: made(last) }));
    expect(plan).toContain(`build ${NOBLE} → red: never built; without a layer: ${why}`);
  });

  test('A layer that saved time is made again', () => {
    expect(describePlan(input({ journal: made({}) }))[0]).toBe(`layer ${LOWER}: shared by 4 images`);
  });

  test.each<readonly [string, Partial<ObservedLayer>]>([
    ['has another content', { key: 'layer=other' }],
    ['is 6 hours old', { createdAt: hoursAgo(6) }],
    ['is not active', { status: 'deactivated' }],
  ])('No image starts from a layer that %s', (_, changes) => {
    const plan = describePlan(input({ observation: clouds([lowerLayer(changes)]) }));
    expect(plan.filter((line) => line.includes('on lower'))).toEqual([]);
  });

  test('No image starts from a layer of 7 hours that a later one replaced 2 hours ago', () => {
    const observation = clouds([lowerLayer({ createdAt: hoursAgo(7) })]);
    const startsOf = (buildId: string): readonly string[] => {
      const journal = made({ buildId, at: NOW - 2 * HOUR });
      return describePlan(input({ observation, journal })).filter((line) => line.includes('on lower'));
    };
    expect(startsOf('later')).toEqual([]);
    expect(startsOf('lower')).not.toEqual([]); // Glance's clock is behind
  });

  test('A layer is deleted by its id when no image is waiting for it', () => {
    const all = [NOBLE, MK8S, JUJU, BOTH];
    const plan = planWork(input({ observation: clouds([upperLayer(), lowerLayer()], all) }));
    const reason = '1 layer that no image needs';
    expect(plan.filter(({ act }) => act === 'prune')).toMatchObject(
      [
        { imageName: UPPER, cloudId: 'builder', deletableIds: ['upper'], reason },
        { imageName: LOWER, cloudId: 'builder', deletableIds: ['lower'], reason },
      ].toSorted((a, b) => (a.imageName < b.imageName ? -1 : 1)),
    );
  });

  test('A layer is not deleted while a job that started from it runs', () => {
    const all = [NOBLE, MK8S, JUJU, BOTH];
    const ongoing = [{ ...job('build', BOTH), layerId: 'upper' }];
    const plan = planWork(input({ observation: clouds([upperLayer()], all), ongoing }));
    expect(plan.filter(({ act }) => act === 'prune')).toEqual([]);
  });
});
