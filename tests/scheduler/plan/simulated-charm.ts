import { DEFAULT_CONTENT } from '../../../src/model/guest/guest-options.ts';
import { encodeBuildInputs } from '../../../src/model/image/build-inputs.ts';
import type { Built } from '../../../src/model/unit/built.ts';
import {
  type DesiredState,
  type Publication,
  type PublishedSource,
  numRevisionsOf,
} from '../../../src/model/unit/desired-state.ts';
import type { ObservedCloud, ObservedImage, ObservedLayer } from '../../../src/model/observation.ts';
import { imageNameOf } from '../../../src/model/run-config.ts';
import { planPrune } from '../../../src/model/image/prune.ts';
import type { PruneEntry } from '../../../src/scheduler/plan/plan-entry.ts';

/** The ids in a databag before and after a dispatch, and the sources that the charm knew. */
interface Replacement {
  readonly found: readonly string[];
  readonly wanted: readonly string[];
  readonly known: readonly PublishedSource[];
}

/** Returns a fault for each image that still exists and is replaced by one with an earlier source. */
export function findStepsBack(
  images: readonly ObservedImage[],
  origins: ReadonlyMap<string, number>,
  { found, wanted, known }: Replacement,
): readonly string[] {
  const originOf = (id: string): number => origins.get(id) ?? Number.NaN;
  return known
    .filter(({ imageId }) => found.includes(imageId) && images.some(({ id }) => id === imageId))
    .flatMap(({ imageId, imageName }) =>
      images
        .filter(({ id, name }) => wanted.includes(id) && name === imageName)
        .filter(({ id }) => originOf(id) < originOf(imageId))
        .map(({ id }) => `${id} replaces the later image ${imageId}`),
    );
}

/** Returns the sources of offered images, as the charm keeps them. */
function listSources(images: Built['clouds'][number]['images']): readonly PublishedSource[] {
  return images.flatMap(({ source, imageId, arch, ...variant }) =>
    source === undefined ? [] : [{ imageName: imageNameOf('app', arch, variant), imageId, source }],
  );
}

/** Changes the newest image of a project as its owner could, or adds another one with a later time. */
export function forgeImage(
  images: ObservedImage[],
  how: 'upload' | 'edit',
  id: string,
  createdAt: number,
): void {
  const last = images.pop();
  if (last === undefined) return;
  const forged = { ...last, sourceImageId: `source of ${id}`, runConfig: undefined, buildId: 'forged' };
  if (how === 'edit') images.push(forged);
  else images.push(last, { ...forged, id, createdAt: new Date(createdAt).toISOString() });
}

/** One relation at a dispatch of the charm. */
interface SimulatedRelation {
  readonly relationId: number;
  readonly cloudId: string;
  readonly built: Built | undefined;
  readonly before: Publication | undefined;
  /** The ids in the databag. */
  readonly found: readonly string[];
  /** Reports whether the consumer keeps what it has. */
  readonly isPaused: boolean;
}

/** Returns the ids that the charm writes to a databag, and the publication that it reports. */
export function publishReport({ relationId, cloudId, built, before, found, isPaused }: SimulatedRelation) {
  const report = built?.clouds.find((each) => each.cloudId === cloudId);
  const isKept = isPaused || report === undefined || report.failure !== undefined;
  const offered = isKept ? [] : report.images;
  const wanted = offered.length > 0 ? offered.map(({ imageId }) => imageId) : found;
  const isConfirmed = JSON.stringify(found) === JSON.stringify(wanted);
  const imageIds = isConfirmed ? wanted : [...new Set([...(before?.imageIds ?? []), ...found, ...wanted])];
  const known = [...listSources(offered), ...(before?.sources ?? [])];
  const sources = imageIds.flatMap((id) => known.find(({ imageId }) => imageId === id) ?? []);
  return { wanted, publication: { relationId, imageIds, isConfirmed, sources } };
}

/** Returns the ids that a prune deletes when it lists the images. */
export function findDeletions(
  { imageName, protectedIds, deletableIds }: PruneEntry,
  images: readonly ObservedImage[],
  desired: DesiredState,
): readonly string[] {
  const keep = numRevisionsOf(desired, imageName);
  const named = images.filter(({ name }) => name === imageName).toReversed();
  const revisions = named.map(({ id, status }) => ({ id, status, properties: {} }));
  const decisions = planPrune(revisions, keep, new Set(protectedIds), new Set(deletableIds));
  return decisions.flatMap(({ image, shouldDelete }) => (shouldDelete ? [image.id] : []));
}

/** Returns a cloud as `list` reports it, the newest image first; one without images did not answer. */
export function observeCloud(
  cloudId: string,
  projectKey: string,
  images: readonly ObservedImage[] | undefined,
  layers: readonly ObservedLayer[] = [],
): ObservedCloud {
  return images === undefined
    ? { cloudId, state: 'failed', kind: 'unavailable', message: 'down' }
    : { cloudId, state: 'seen', projectKey, images: images.toReversed(), layers };
}

/** Returns the inputs that a build writes on its image. */
export function encodeInputs({ images }: DesiredState, imageName: string): string {
  const { runnerVersion = '', scriptDigest = '' } = images.get(imageName)?.image ?? {};
  return encodeBuildInputs({
    ...{ charm: '1.0.0', runner: runnerVersion || 'latest', script: scriptDigest || 'none' },
    ...{ base: '', properties: '', content: DEFAULT_CONTENT, dockerhubCache: '' },
  });
}

/** Returns a request like the charm's: an image that was requested before keeps the build id. */
export function newRequest(desired: DesiredState): DesiredState['requests'][number] {
  const action = `${desired.generation}`;
  const asked = desired.requests.flatMap(({ builds }) => builds);
  const builds = [...desired.images.keys()].map(
    (imageName, index) =>
      asked.find((build) => build.imageName === imageName) ?? { imageName, buildId: `b${action}-${index}` },
  );
  return { action, builds };
}
