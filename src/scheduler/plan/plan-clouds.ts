import { type DesiredState, buildCloudOf, uploadCloudsOf } from '../../model/desired-state.ts';
import type { ExtraImage } from '../../model/job-order.ts';
import type { Observation, ObservedCloud, ObservedImage } from '../../model/observation.ts';

type SeenCloud = Extract<ObservedCloud, { readonly state: 'seen' }>;

/** A project that was seen, however many entries of clouds.yaml lead to it. */
export interface Project {
  /** The one of its entries that speaks for it. */
  readonly cloudId: string;
  /** All its entries. */
  readonly cloudIds: readonly string[];
  /** The newest first. */
  readonly images: readonly ObservedImage[];
}

/** An entry of clouds.yaml that nothing is known of now. */
export interface UnseenCloud {
  readonly cloudId: string;
  readonly message: string;
}

/** The clouds that are wanted, by project. */
export interface Clouds {
  /** With the consumers that share the project. */
  readonly build: Project | UnseenCloud;
  /** The projects of other consumers, in their order. */
  readonly others: readonly Project[];
  /** Consumers' clouds. */
  readonly unseen: readonly UnseenCloud[];
}

/** Groups what was seen: the build cloud speaks for its project, the first consumer for each other one. */
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

/** The images that relations tell their consumers now, each in the consumer's own cloud. */
export function listToldImages({ published = [], consumers }: DesiredState): readonly ExtraImage[] {
  return published.flatMap(({ relationId, imageIds }) =>
    consumers
      .filter((consumer) => consumer.relationId === relationId)
      .flatMap(({ cloudId }) => imageIds.map((imageId) => ({ cloudId, imageId }))),
  );
}

/** Was the project seen? */
export function isSeen(cloud: Project | UnseenCloud): cloud is Project {
  return 'images' in cloud;
}

/** The active images of one name, the newest first; of the same second, as Glance gave them. */
export function listActiveImages(
  images: readonly ObservedImage[],
  imageName: string,
): readonly ObservedImage[] {
  const active = images.filter(({ name, status }) => name === imageName && status === 'active');
  return sortNewestFirst(active);
}

/** The newest first; a time that cannot be read is the oldest. */
export function sortNewestFirst(images: readonly ObservedImage[]): readonly ObservedImage[] {
  return images.toSorted((a, b) => timeOf(b) - timeOf(a));
}

/** Of a project's active images, one that was made from something later than `newest` of the build cloud. */
export function findLater(
  images: readonly ObservedImage[],
  newest: ObservedImage,
  buildImages: readonly ObservedImage[],
): ObservedImage | undefined {
  const isLater = (image: ObservedImage): boolean =>
    timeOf(findSource(image, buildImages) ?? image) > timeOf(newest);
  return listActiveImages(images, newest.name).find(isLater);
}

/** Of two images in one cloud: is `image` made from something later? Its own time counts where its source is gone. */
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

/** Of a project's active images of one name, one that is `image` itself or a copy of it. */
export function findCopy(images: readonly ObservedImage[], image: ObservedImage): ObservedImage | undefined {
  return listActiveImages(images, image.name).find(
    ({ id, sourceImageId }) => id === image.id || sourceImageId === image.id,
  );
}

/** Of a cloud's active images of one name: the one that is the build cloud's newest, else the newest. */
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
  return found ?? { cloudId, state: 'failed', message: 'not asked yet' };
}

function toProject(speaker: SeenCloud, seen: readonly SeenCloud[]): Project {
  const same = seen.filter(({ projectKey }) => projectKey === speaker.projectKey);
  return {
    cloudId: speaker.cloudId,
    cloudIds: [...new Set([speaker, ...same].map(({ cloudId }) => cloudId))],
    images: speaker.images,
  };
}
