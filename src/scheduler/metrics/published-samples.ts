import type { CloudReport } from '../../model/unit/built.ts';
import type { Consumer, DesiredState, Publication } from '../../model/unit/desired-state.ts';
import type { Sample } from '../../model/unit/metrics.ts';
import type { ObservedImage } from '../../model/observation.ts';
import { groupByName } from '../plan/plan-clouds.ts';

/** The images of the clouds at their last successful query. */
export type KnownImages = ReadonlyMap<string, readonly ObservedImage[]>;

/** The facts about what consumers use. */
export interface PublishedFacts {
  readonly desired: Pick<DesiredState, 'published' | 'consumers'>;
  readonly images: KnownImages;
  /** The images of the build cloud. */
  readonly buildImages: readonly ObservedImage[];
  readonly clouds: readonly CloudReport[];
}

/** Returns the samples of every relation with credentials. Nothing is known before the charm knows the databags. */
export function samplePublished(facts: PublishedFacts): readonly Sample[] {
  const { published, consumers } = facts.desired;
  if (published === undefined) return [];
  return published.flatMap((publication) => {
    const units = consumers.filter(({ relationId }) => relationId === publication.relationId);
    return units[0] === undefined ? [] : sampleRelation(publication, units, facts);
  });
}

function sampleRelation(
  { relationId, imageIds }: Publication,
  units: readonly Consumer[],
  { images, buildImages, clouds }: PublishedFacts,
): readonly Sample[] {
  const consumer = applicationOf(units[0]);
  const relation = `image:${relationId}`;
  const isServed = imageIds.length > 0 && isActive(imageIds, units, clouds);
  const served: Sample = {
    ...{ name: 'image_builder_consumer_served', labels: { consumer, relation }, value: isServed ? 1 : 0 },
  };
  const used = units.flatMap(({ cloudId: cloud }) =>
    newestOfEachName((images.get(cloud) ?? []).filter(({ id }) => imageIds.includes(id))).flatMap((image) =>
      sampleImage(image, { image: image.name, consumer, relation, cloud }, buildImages),
    ),
  );
  return [served, ...used];
}

/** Reports whether one of the ids is active in the cloud of a unit, or that cloud has not been queried yet. */
function isActive(
  imageIds: readonly string[],
  units: readonly Consumer[],
  clouds: readonly CloudReport[],
): boolean {
  return units.some(({ cloudId }) => {
    const report = clouds.find((cloud) => cloud.cloudId === cloudId);
    return report === undefined || report.activeIds.some((id) => imageIds.includes(id));
  });
}

/** While a databag changes, the former and the new image of one name are published. */
function newestOfEachName(images: readonly ObservedImage[]): readonly ObservedImage[] {
  return [...groupByName(images).values()].flatMap(([newest]) => newest ?? []);
}

function sampleImage(
  image: ObservedImage,
  labels: Sample['labels'],
  buildImages: readonly ObservedImage[],
): readonly Sample[] {
  const builtAt = secondsOf(buildImages.find(({ id }) => id === image.sourceImageId) ?? image);
  const version = image.runnerVersion;
  return [
    ...sampleTime('image_builder_published_image_timestamp_seconds', labels, builtAt),
    ...sampleTime('image_builder_published_runner_timestamp_seconds', labels, runnerTimeOf(image, builtAt)),
    ...(version === undefined
      ? []
      : [
          {
            name: 'image_builder_published_runner_info' as const,
            labels: { ...labels, runner_version: version },
            value: 1,
          },
        ]),
  ];
}

/**
 * Returns the time since which the runner may have been outdated: the build, at which the latest version was installed. A
 * version that the operator chose counts from its release, if that is known.
 */
export function runnerTimeOf(image: ObservedImage, builtAt: number | undefined): number | undefined {
  const releasedAt = Date.parse(image.runnerReleasedAt ?? '') / 1000;
  const isLatest = / runner=latest( |$)/.test(image.runConfig ?? ' runner=latest');
  return isLatest || Number.isNaN(releasedAt) ? builtAt : releasedAt;
}

/** Returns no sample for a time that is not known. */
export function sampleTime(
  name: Sample['name'],
  labels: Sample['labels'],
  seconds: number | undefined,
): readonly Sample[] {
  return seconds === undefined ? [] : [{ name, labels, value: seconds }];
}

/** Returns the creation time of an image in epoch seconds. */
export function secondsOf({ createdAt }: Pick<ObservedImage, 'createdAt'>): number | undefined {
  const time = Date.parse(createdAt);
  return Number.isNaN(time) ? undefined : time / 1000;
}

function applicationOf(unit: Consumer | undefined): string {
  return unit?.unit.slice(0, unit.unit.lastIndexOf('/')) ?? '';
}
