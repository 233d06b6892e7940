import { type DesiredState, buildCloudOf, uploadCloudsOf } from '../../model/desired-state.ts';
import type { ExtraImage } from '../../model/job-order.ts';
import type { Observation, ObservedCloud, ObservedImage } from '../../model/observation.ts';

type SeenCloud = Extract<ObservedCloud, { readonly state: 'seen' }>;

/** A project with known images. Several entries of clouds.yaml may lead to it. */
export interface Project {
  /** The entry of clouds.yaml that jobs use for the project. */
  readonly cloudId: string;
  /** All entries of clouds.yaml that lead to the project. */
  readonly cloudIds: readonly string[];
  /** The newest first. */
  readonly images: readonly ObservedImage[];
}

/** An entry of clouds.yaml whose project could not be queried. */
export interface UnseenCloud {
  readonly cloudId: string;
  readonly message: string;
}

/** The clouds of the desired state, grouped by project. */
export interface Clouds {
  /** The build cloud, with the consumers that share its project. */
  readonly build: Project | UnseenCloud;
  /** The projects of the other consumers, in the order of the consumers. */
  readonly others: readonly Project[];
  /** The clouds of consumers that could not be queried. */
  readonly unseen: readonly UnseenCloud[];
}

/** Groups clouds by project. The build cloud represents its project, and the first consumer each other project. */
export function groupClouds(desired: DesiredState, observation: Observation): Clouds {
  const consumers = uploadCloudsOf(desired).map((cloudId) => findCloud(observation, cloudId));
  const seen = consumers.filter((cloud) => cloud.state === 'seen');
  const build = findCloud(observation, buildCloudOf(desired));
  const keys = new Set(seen.map(({ projectKey }) => projectKey));
  if (build.state === 'seen') keys.delete(build.projectKey);
  return {
    build: build.state === 'seen' ? toProject(build, seen) : build,
    others: [...keys].flatMap((key) => {
      const first = seen.find(({ projectKey }) => projectKey === key);
      return first === undefined ? [] : [toProject(first, seen)];
    }),
    unseen: consumers.filter((cloud) => cloud.state === 'failed'),
  };
}

/** Returns the images that relations publish now, each with the cloud of its consumer. */
export function listPublishedImages({ published = [], consumers }: DesiredState): readonly ExtraImage[] {
  return published.flatMap(({ relationId, imageIds }) =>
    consumers
      .filter((consumer) => consumer.relationId === relationId)
      .flatMap(({ cloudId }) => imageIds.map((imageId) => ({ cloudId, imageId }))),
  );
}

/** Reports whether the images of the project are known. */
export function isSeen(cloud: Project | UnseenCloud): cloud is Project {
  return 'images' in cloud;
}

/** Returns the active images of one name, the newest first. Images of the same second keep the order of Glance. */
export function listActiveImages(
  images: readonly ObservedImage[],
  imageName: string,
): readonly ObservedImage[] {
  const active = images.filter(({ name, status }) => name === imageName && status === 'active');
  return sortNewestFirst(active);
}

/** Sorts images by their time, the newest first. A time that cannot be parsed counts as the oldest. */
export function sortNewestFirst(images: readonly ObservedImage[]): readonly ObservedImage[] {
  return images.toSorted((a, b) => timeOf(b) - timeOf(a));
}

/** Finds an active image of a project that was made from a later source than `newest` of the build cloud. */
export function findLater(
  images: readonly ObservedImage[],
  newest: ObservedImage,
  buildImages: readonly ObservedImage[],
): ObservedImage | undefined {
  const isLater = (image: ObservedImage): boolean =>
    timeOf(findSource(image, buildImages) ?? image) > timeOf(newest);
  return listActiveImages(images, newest.name).find(isLater);
}

/**
 * Reports whether `image` was made from a later source than `other` in the same cloud. Compares the times of the images
 * themselves when one of the sources is gone.
 */
export function isLaterHere(
  image: ObservedImage,
  other: ObservedImage,
  buildImages: readonly ObservedImage[],
): boolean {
  const sources = [findSource(image, buildImages), findSource(other, buildImages)] as const;
  const [a, b] = sources;
  return a !== undefined && b !== undefined ? timeOf(a) > timeOf(b) : timeOf(image) > timeOf(other);
}

function findSource(
  { sourceImageId }: ObservedImage,
  buildImages: readonly ObservedImage[],
): ObservedImage | undefined {
  return buildImages.find(({ id }) => id === sourceImageId);
}

function timeOf({ createdAt }: ObservedImage): number {
  const read = Date.parse(createdAt);
  return Number.isNaN(read) ? 0 : read;
}

/** Finds an active image of a project that is `image` itself or a copy of it. */
export function findCopy(images: readonly ObservedImage[], image: ObservedImage): ObservedImage | undefined {
  return listActiveImages(images, image.name).find(
    ({ id, sourceImageId }) => id === image.id || sourceImageId === image.id,
  );
}

/** Chooses the image to publish in a cloud: the copy of the build cloud's newest image, else the newest image there. */
export function chooseImage(
  images: readonly ObservedImage[],
  imageName: string,
  buildImages: readonly ObservedImage[],
): ObservedImage | undefined {
  const [newest] = listActiveImages(buildImages, imageName);
  const copy = newest === undefined ? undefined : findCopy(images, newest);
  return copy ?? listActiveImages(images, imageName)[0];
}

function findCloud(
  observation: Observation,
  cloudId: string,
): SeenCloud | (UnseenCloud & { readonly state: 'failed' }) {
  const found = observation.find((cloud) => cloud.cloudId === cloudId);
  return found ?? { cloudId, state: 'failed', message: 'not queried yet' };
}

function toProject(representative: SeenCloud, seen: readonly SeenCloud[]): Project {
  const same = seen.filter(({ projectKey }) => projectKey === representative.projectKey);
  return {
    cloudId: representative.cloudId,
    cloudIds: [...new Set([representative, ...same].map(({ cloudId }) => cloudId))],
    images: representative.images,
  };
}
