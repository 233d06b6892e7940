import type { Built, CloudImage } from '../../model/unit/built.ts';
import type { DesiredImages } from '../../model/unit/desired-images.ts';
import { describeDuration } from '../../model/text/quantities.ts';
import { isSameImage } from '../../model/run-config.ts';
import { listPinnedIds } from '../../model/unit/steering.ts';
import { steeringOf } from '../decide.ts';
import { BUILD_CLOUD } from '../desired.ts';
import { observeHost } from '../observe.ts';
import type { ObservedModel } from '../observed.ts';
import { listConsumers } from '../relations/consumers.ts';
import { listPublishedIds } from '../relations/image-databag.ts';
import { cutLine } from '../status/status-line.ts';
import type { Action, ActionContext, ActionResults } from './action.ts';

/** Lists the images that the unit offers, by image and place: the build cloud and the cloud of each consumer. */
export const listImagesAction: Action = {
  results: {
    images:
      'by image and place, which is `build-cloud` or the unit of a consumer: `id`, `created`, `age`, `size`, ' +
      '`runner-version`, and whether it is `published` and `pinned`',
  },
  perform: listImages,
};

/** A cloud with images, and the ids that are published to its consumer. */
interface Place {
  readonly name: string;
  readonly cloudId: string;
  readonly publishedIds: readonly string[];
}

async function listImages({ host, clock, logger, observeModel }: ActionContext): Promise<ActionResults> {
  const model = await observeModel();
  const { desired, built } = await observeHost(host, logger, clock);
  if (desired === undefined || built === undefined) return { images: 'not known yet' };
  const places = listPlaces(model);
  const names = [...desired.images.keys()];
  const pinnedIds = listPinnedIds(steeringOf({ peers: model.peers, desired }), built.clouds);
  const now = clock.now();
  return {
    images: Object.fromEntries(
      names.map((name) => [name, describeImage(name, desired.images, { places, built, pinnedIds, now })]),
    ),
  };
}

function listPlaces({ relations }: ObservedModel): readonly Place[] {
  const consumers = relations.flatMap((relation) =>
    listConsumers([relation]).map(({ unit, cloudId }) => ({
      ...{ name: unit.replaceAll('/', '-'), cloudId, publishedIds: listPublishedIds(relation.databag) },
    })),
  );
  return [{ name: 'build-cloud', cloudId: BUILD_CLOUD, publishedIds: [] }, ...consumers];
}

interface Facts {
  readonly places: readonly Place[];
  readonly built: Built;
  /** The ids of pinned revisions and of their copies. */
  readonly pinnedIds: ReadonlySet<string>;
  readonly now: number;
}

function describeImage(
  name: string,
  images: DesiredImages,
  { places, built, pinnedIds, now }: Facts,
): ActionResults {
  const described = places.map((place): readonly [string, string | ActionResults] => {
    const report = built.clouds.find(({ cloudId }) => cloudId === place.cloudId);
    const found = report?.images.find((image) => {
      const config = images.get(name);
      return config !== undefined && isSameImage(image, config.image);
    });
    if (found !== undefined) {
      const pinned = pinnedIds.has(found.imageId) ? { pinned: 'yes' } : {};
      return [place.name, { ...describeFound(found, place, now), ...pinned }];
    }
    return [
      place.name,
      report?.failure === undefined ? 'none yet' : `unknown: ${cutLine(report.failure.message)}`,
    ];
  });
  return Object.fromEntries(described);
}

function describeFound(
  { imageId, details }: CloudImage,
  { name, publishedIds }: Place,
  now: number,
): ActionResults {
  const { createdAt = '', size, runnerVersion } = details ?? {};
  const time = Date.parse(createdAt);
  return {
    id: imageId,
    ...(Number.isNaN(time) ? {} : { created: createdAt, age: describeDuration(now - time) }),
    ...(size === undefined ? {} : { size: `${(size / 1024 ** 2).toFixed(0)} MiB` }),
    ...(runnerVersion === undefined ? {} : { 'runner-version': runnerVersion }),
    ...(name === 'build-cloud' ? {} : { published: publishedIds.includes(imageId) ? 'yes' : 'no' }),
  };
}
