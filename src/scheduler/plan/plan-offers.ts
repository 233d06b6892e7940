import { type DesiredState, buildCloudOf } from '../../model/unit/desired-state.ts';
import type { ImageSource } from '../../model/image/image-source.ts';
import type { ObservedImage } from '../../model/observation.ts';
import { findPin } from '../../model/unit/steering.ts';
import type { Journal } from '../journal/journal.ts';
import { type ImagesByName, findCopy, groupByName, listActive, timeOf } from './plan-clouds.ts';
import type { PlanInput } from './plan-entry.ts';
import { findTarget, listPinnedIds } from './plan-steering.ts';

/** The image to publish to the consumers of one cloud. */
interface Offer {
  readonly imageId: string;
  /** The image of the build cloud that it is or was copied from; undefined when that was never known. */
  readonly source: ImageSource | undefined;
}

/** The offers of one cloud by image name. */
export type Offers = ReadonlyMap<string, Offer>;

/** The images that no prune may delete, and those of them that it marks. */
export interface ProtectedIds {
  /** The images that this unit or another one publishes. */
  readonly publishedIds: readonly string[];
  /** The published images, those that are about to be published, and the pinned ones. */
  readonly protectedIds: readonly string[];
}

type OfferInput = Pick<PlanInput, 'desired' | 'observation' | 'journal' | 'ongoing'>;

/** The published ids of one cloud, with their sources. */
type PublishedIds = ReadonlyMap<string, ImageSource | undefined>;

/**
 * Chooses the image of each name to publish in each cloud that answered, by cloud. It is the copy of the newest image in
 * the build cloud; without one, or when the published image has a later source, the published image. What a consumer's
 * cloud says about other images decides nothing, unless there is no better choice. An image that a running prune may
 * delete is not chosen. Of a pinned image, it is the pinned revision or its copy, and the published image before there is
 * one.
 */
export function chooseOffers({
  desired,
  observation = [],
  journal,
  ongoing,
}: OfferInput): ReadonlyMap<string, Offers> {
  const seen = observation.filter((cloud) => cloud.state === 'seen');
  const build = seen.find(({ cloudId }) => cloudId === buildCloudOf(desired));
  const newest = groupByName(build?.images ?? []);
  const doomed = new Set(ongoing.flatMap(({ deletableIds = [] }) => deletableIds));
  const wanted = [...desired.images.keys()].map((imageName) => ({
    ...{ imageName, pin: findPin(desired.steering, imageName) },
    target: findTarget(newest, imageName, desired),
  }));
  const chooseIn = (cloudId: string, images: ImagesByName): Offers => {
    const published = listPublishedIds(desired, cloudId);
    const offers = wanted.flatMap(({ imageName, pin, target }) => {
      const active = listActive(images, imageName).filter(({ id }) => !doomed.has(id));
      const offer =
        pin === undefined
          ? chooseOffer(active, target, published, journal)
          : choosePinned(active, target, published, pin);
      return offer === undefined ? [] : [[imageName, offer] as const];
    });
    return new Map(offers);
  };
  return new Map(seen.map(({ cloudId, images }) => [cloudId, chooseIn(cloudId, groupByName(images))]));
}

/** Returns the pinned revision or its copy. Before there is one, the published image stays, and no other is offered. */
function choosePinned(
  active: readonly ObservedImage[],
  source: ObservedImage | undefined,
  published: PublishedIds,
  buildId: string,
): Offer | undefined {
  const copy = source && findCopy(active, source);
  if (copy !== undefined && source !== undefined)
    return { imageId: copy.id, source: { imageId: source.id, createdAt: source.createdAt } };
  const revisions = active.filter((image) => image.buildId === buildId);
  const kept = revisions.find(({ id }) => published.has(id)) ?? revisions[0];
  return offerOf(kept, published) ?? listCurrent(active, published)[0];
}

function offerOf(image: ObservedImage | undefined, published: PublishedIds): Offer | undefined {
  return image && { imageId: image.id, source: published.get(image.id) };
}

/** Lists the published images that are active, the one with the latest source first. */
function listCurrent(active: readonly ObservedImage[], published: PublishedIds): readonly Offer[] {
  return active
    .filter(({ id }) => published.has(id))
    .flatMap((image) => offerOf(image, published) ?? [])
    .toSorted((a, b) => timeOf(b.source) - timeOf(a.source));
}

function chooseOffer(
  active: readonly ObservedImage[],
  newest: ObservedImage | undefined,
  published: PublishedIds,
  journal: Journal,
): Offer | undefined {
  const [current] = listCurrent(active, published);
  const copy = newest && findCopy(active, newest);
  if (copy === undefined || newest === undefined || isLater(current?.source, newest, journal))
    return current ?? offerOf(active[0], published);
  return { imageId: copy.id, source: { imageId: newest.id, createdAt: newest.createdAt } };
}

/**
 * Reports whether a published source is later than the newest image of its name that the build cloud lists. The last
 * build of all units is never behind: a cloud whose clock was set back may list it with an earlier time.
 */
function isLater(source: ImageSource | undefined, newest: ObservedImage, journal: Journal): boolean {
  const last = journal.built[newest.name];
  const isLastBuild = last?.buildId === newest.buildId && !last.isSuperseded;
  return timeOf(source) > timeOf(newest) && !isLastBuild;
}

function listPublishedIds({ published = [], consumers }: DesiredState, cloudId: string): PublishedIds {
  const here = new Set(
    consumers.filter((consumer) => consumer.cloudId === cloudId).map(({ relationId }) => relationId),
  );
  return new Map(
    published
      .filter(({ relationId }) => here.has(relationId))
      .flatMap(({ imageIds, sources = [] }) => {
        const known = new Map(sources.map(({ imageId, source }) => [imageId, source]));
        return imageIds.map((imageId) => [imageId, known.get(imageId)] as const);
      }),
  );
}

/**
 * Lists the images whose newest revision is missing in the build cloud: a relation publishes, or published last, an image
 * with a later source than every image that the build cloud lists.
 */
export function listMissing(build: ImagesByName, { desired, journal }: OfferInput): ReadonlySet<string> {
  const missing = (desired.published ?? [])
    .flatMap(({ sources = [] }) => sources)
    .filter(({ imageName, source }) => {
      const [newest] = listActive(build, imageName);
      return newest === undefined || isLater(source, newest, journal);
    });
  return new Set(missing.map(({ imageName }) => imageName));
}

/** Lists the protected images. The charm may be publishing those of the last report at this moment. */
export function listProtectedIds(input: PlanInput): ProtectedIds {
  const { published = [], otherUnits } = input.desired;
  const publishedIds = [...published, ...otherUnits].flatMap(({ imageIds = [] }) => imageIds);
  const offers = [...chooseOffers(input).values()].flatMap((cloud) => [...cloud.values()]);
  const offeredIds = offers.map(({ imageId }) => imageId);
  const pinnedIds = listPinnedIds(input.desired, input.observation);
  const others = [...offeredIds, ...input.reportedIds, ...pinnedIds];
  return {
    publishedIds: [...new Set(publishedIds)].toSorted(),
    protectedIds: [...new Set([...publishedIds, ...others])].toSorted(),
  };
}
