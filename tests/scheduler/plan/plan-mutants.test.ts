import { describe, expect, test } from '@jest/globals';
import type { Publication } from '../../../src/model/unit/desired-state.ts';
import type { ObservedCloud } from '../../../src/model/observation.ts';
import type { Steering } from '../../../src/model/unit/steering.ts';
import { EMPTY_JOURNAL } from '../../../src/scheduler/journal/journal.ts';
import { type PlanEntry, type PlanInput, skip } from '../../../src/scheduler/plan/plan-entry.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { LAYER_MUTANTS } from './layer-mutants.ts';
import { type Mutant, edited, withInput } from './mutant.ts';
import type { Planner } from './plan-checks.ts';
import { findFault } from './find-fault.ts';
import { runHidden } from './plan-hidden.ts';

/** Turns a failed cloud into an empty one. */
function asEmpty(cloud: ObservedCloud): ObservedCloud {
  const { cloudId } = cloud;
  return cloud.state === 'seen' ? cloud : { cloudId, state: 'seen', projectKey: cloudId, images: [] };
}

const published = (
  { desired }: PlanInput,
  imageIds: (of: readonly string[]) => readonly string[],
  isConfirmed?: true,
) => ({
  desired: {
    ...desired,
    published: desired.published?.map((each) => ({
      ...each,
      imageIds: imageIds(each.imageIds),
      isConfirmed: isConfirmed ?? each.isConfirmed,
    })),
  },
});

/** Returns a planner that uses the last answer of a cloud that fails. */
function withLastAnswers(): Planner {
  const answers = new Map<string, ObservedCloud>();
  return withInput(({ observation }) => {
    for (const cloud of observation ?? []) if (cloud.state === 'seen') answers.set(cloud.cloudId, cloud);
    return { observation: observation?.map((cloud) => answers.get(cloud.cloudId) ?? cloud) };
  });
}

const steered = ({ desired }: PlanInput, changes: Partial<Steering>) => ({
  desired: { ...desired, steering: { ...desired.steering, ...changes } },
});

type Prune = Extract<PlanEntry, { readonly act: 'prune' }>;

function idsOf({ cloudId, imageName }: Prune, observation: PlanInput['observation']): readonly string[] {
  const cloud = observation?.find((each) => each.cloudId === cloudId);
  const images = cloud?.state === 'seen' ? cloud.images.filter(({ name }) => name === imageName) : [];
  return images.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt)).map(({ id }) => id);
}

/** Names all unpublished images beyond the newest two. */
function withOldIds(entry: Prune, observation: PlanInput['observation']): Prune {
  const old = idsOf(entry, observation).slice(2);
  return { ...entry, deletableIds: old.filter((id) => !entry.publishedIds.includes(id)) };
}

/** Takes the source and the time of a published image from the cloud of its consumer. */
function withClaims(publication: Publication, observation: PlanInput['observation'] = []): Publication {
  const images = observation.flatMap((cloud) => (cloud.state === 'seen' ? cloud.images : []));
  const sources = images.flatMap(({ id, name, sourceImageId, createdAt }) =>
    sourceImageId === undefined
      ? []
      : [{ imageName: name, imageId: id, source: { imageId: sourceImageId, createdAt } }],
  );
  return { ...publication, sources };
}

const MUTANTS: readonly Mutant[] = [
  [
    'ignores running jobs',
    withInput(() => ({ ongoing: [] })),
    /at the same time|run and|started again|being prepared/,
  ],
  [
    'forgets the published images',
    withInput((input) => published(input, () => [])),
    /prunes published images|is not protected/,
  ],
  [
    'forgets what other units publish',
    withInput(({ desired }) => ({ desired: { ...desired, otherUnits: [] } })),
    /is published and was pruned|is not protected/,
  ],
  ['uses the last answer of a cloud that hangs', withLastAnswers(), /build cloud failed|was not seen/],
  [
    'prunes before publications are confirmed',
    withInput((input) => published(input, (ids) => ids, true)),
    /publication is not confirmed/,
  ],
  [
    'forgets the times of builds',
    withInput(({ journal }) => ({ journal: { ...journal, built: {} } })),
    /converge/,
  ],
  [
    'forgets failures',
    withInput(({ journal }) => ({ journal: { ...journal, failures: {} } })),
    /during its back-off|is not retried/,
  ],
  [
    'forgets the builds that actions requested',
    withInput(({ journal }) => ({ journal: { ...journal, endedBuilds: [], answered: [] } })),
    /request|converge/,
  ],
  ['forgets everything', withInput(() => ({ journal: EMPTY_JOURNAL })), /./],
  ['does not wait for credentials', withInput(() => ({ credentials: 'ready' })), /without credentials/],
  [
    'treats a failed cloud as empty',
    withInput(({ observation }) => ({ observation: observation?.map(asEmpty) })),
    /was not seen|build cloud failed/,
  ],
  [
    'does not count slots',
    withInput(({ desired }) => ({ desired: { ...desired, maxParallel: 99 } })),
    /run and/,
  ],
  [
    'deletes published images',
    edited((entry) => (entry.act === 'prune' ? [{ ...entry, deletableIds: entry.publishedIds }] : [entry])),
    /prunes published images/,
  ],
  [
    'does not protect published images',
    edited((entry) => (entry.act === 'prune' ? [{ ...entry, protectedIds: [] }] : [entry])),
    /is not protected/,
  ],
  [
    'deletes images that are about to be published',
    edited((entry, { observation }) => (entry.act === 'prune' ? [withOldIds(entry, observation)] : [entry])),
    /built.json offers/,
  ],
  [
    'deletes the newest images',
    edited((entry, { observation }) =>
      entry.act === 'prune' ? [{ ...entry, deletableIds: idsOf(entry, observation) }] : [entry],
    ),
    /newest images/,
  ],
  [
    'forgets what was the newest',
    withInput(({ desired }) => ({
      desired: {
        ...desired,
        published: desired.published?.map((publication) => ({ ...publication, sources: [] })),
      },
    })),
    /lacks the newest/,
  ],
  [
    'believes what consumers claim about their images',
    withInput(({ desired, observation }) => ({
      desired: { ...desired, published: desired.published?.map((each) => withClaims(each, observation)) },
    })),
    /without a reason/,
  ],
  [
    'prunes pinned revisions',
    withInput((input) => steered(input, { pins: [] })),
    /prunes a pinned revision|is not protected/,
  ],
  [
    'builds paused images',
    withInput((input) => steered(input, { isPaused: false, pausedImages: [] })),
    /a paused image is built/,
  ],
  [
    'copies to paused consumers',
    withInput((input) => steered(input, { isPaused: false, pausedConsumers: [] })),
    /a paused consumer gets a copy/,
  ],
  [
    'prunes while everything is paused',
    withInput((input) => steered(input, { isPaused: false })),
    /prunes while everything is paused/,
  ],
  [
    'repeats a failed build after the interval',
    edited((entry) =>
      entry.act === 'build' && entry.reason.startsWith('the last build failed')
        ? [skip('fresh', entry.imageName, 'fresh', 0)]
        : [entry],
    ),
    /is not retried/,
  ],
  [
    'ignores the build window',
    withInput(() => ({ calendar: undefined })),
    /outside of the build window|converge/,
  ],
  [
    'forgets what actions cancelled',
    withInput(({ journal }) => ({ journal: { ...journal, cancelled: {} } })),
    /although an action cancelled it/,
  ],
  ['never sweeps', edited((entry) => (entry.act === 'sweep' ? [] : [entry])), /is not swept/],
  ['never copies', edited((entry) => (entry.act === 'copy' ? [] : [entry])), /lacks the newest|converge/],
  ['never builds', edited((entry) => (entry.act === 'build' ? [] : [entry])), /lacks the newest|converge/],
  [
    'copies to each consumer instead of each project',
    edited((entry, { desired }) =>
      entry.act === 'copy'
        ? [{ ...entry, uploadTo: desired.consumers.map(({ cloudId }) => cloudId) }]
        : [entry],
    ),
    /twice|was not seen|build project/,
  ],
  ...LAYER_MUTANTS,
  [
    'starts every build twice',
    edited((entry) => (entry.act === 'build' ? [entry, entry] : [entry])),
    /two builds/,
  ],
  [
    'starts every prune twice',
    edited((entry) => (entry.act === 'prune' ? [entry, entry] : [entry])),
    /twice/,
  ],
  [
    'decides at random',
    ((calls) => (input: PlanInput) => ((calls += 1) % 7 === 0 ? [] : planWork(input)))(0),
    /two plans/,
  ],
];

test('A planner that forgets its builds keeps building images that are never listed', () => {
  const forgetful = withInput(({ journal }) => ({ journal: { ...journal, built: {} } }));
  expect(runHidden([], forgetful)).toEqual([expect.stringMatching(/builds of images that are never listed/)]);
  expect(runHidden([], planWork)).toEqual([]);
});

describe('the properties of a planner', () => {
  test('The properties hold for the real planner', () => {
    expect(findFault(planWork)).toBeUndefined();
  });

  test.each(MUTANTS)('The properties reject a planner that %s', (_, planner, fault) => {
    expect(findFault(planner)).toMatch(fault);
  });
});
