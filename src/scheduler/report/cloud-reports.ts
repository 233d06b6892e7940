import type { Built, CloudImage, CloudReport, ImageRevision } from '../../model/unit/built.ts';
import { type DesiredImages } from '../../model/unit/desired-images.ts';
import { type DesiredState, buildCloudOf, uploadCloudsOf } from '../../model/unit/desired-state.ts';
import type { Observation, ObservedCloud, ObservedImage } from '../../model/observation.ts';
import { BUILD_ID } from '../../model/owner.ts';
import { isSameImage } from '../../model/run-config.ts';
import { groupByName, listActive } from '../plan/plan-clouds.ts';
import { runnerTimeOf, secondsOf } from '../metrics/published-samples.ts';
import type { Offers } from '../plan/plan-offers.ts';

type SeenCloud = Extract<ObservedCloud, { readonly state: 'seen' }>;

/** The facts that the reports of clouds consist of. */
interface ReportInput {
  readonly desired: DesiredState;
  readonly observation: Observation | undefined;
  /** By cloud, for each cloud that answered. */
  readonly offers: ReadonlyMap<string, Offers>;
  /** The images that running and planned prunes may delete. */
  readonly doomedIds: ReadonlySet<string>;
}

/**
 * Returns a report for each cloud, the build cloud first. A cloud that failed keeps its last images. A cloud that was never
 * queried has no report, because an empty one would mean that its images are gone.
 */
export function reportClouds(
  previous: readonly CloudReport[],
  { desired, observation, offers, doomedIds }: ReportInput,
): readonly CloudReport[] {
  return [buildCloudOf(desired), ...uploadCloudsOf(desired)].flatMap((cloudId): readonly CloudReport[] => {
    const before = previous.find((report) => report.cloudId === cloudId);
    const kept = {
      activeIds: before?.activeIds ?? [],
      images: keepDesired(before, desired.images),
      revisions: before?.revisions,
    };
    const observed = observation?.find((cloud) => cloud.cloudId === cloudId);
    switch (observed?.state) {
      case 'failed': {
        const { kind, type = '', message } = observed;
        return [{ cloudId, failure: { kind, type, message }, ...kept }];
      }
      case 'seen': {
        const images = listOffered(offers.get(cloudId), observed, desired.images);
        const revisions = listRevisions(observed, desired.images, doomedIds);
        return [{ cloudId, failure: undefined, images, activeIds: listActiveIds(observed), revisions }];
      }
      case undefined:
        return before === undefined ? [] : [{ ...before, images: kept.images }];
    }
  });
}

/** Lists the ids that a report offers to the charm. */
export function listReportedIds(built: Built | undefined): readonly string[] {
  return (built?.clouds ?? []).flatMap(({ images }) => images.map(({ imageId }) => imageId));
}

function listActiveIds({ images, activeExtraIds = [] }: SeenCloud): readonly string[] {
  const active = images.filter(({ status }) => status === 'active').map(({ id }) => id);
  return [...active, ...activeExtraIds].toSorted();
}

function listOffered(
  offers: Offers | undefined,
  { cloudId, images: observed }: SeenCloud,
  images: DesiredImages,
): readonly CloudImage[] {
  return [...images].flatMap(([imageName, { image }]) => {
    const offer = offers?.get(imageName);
    if (offer === undefined) return [];
    const { imageId, source } = offer;
    const { arch, base, juju, microk8s } = image;
    const details = detailsOf(
      observed.find(({ id }) => id === imageId),
      source?.createdAt,
    );
    return [{ arch, base, cloudId, imageId, juju, microk8s, source, details }];
  });
}

/** Lists the revisions that may be published, the newest of each name first. */
function listRevisions(
  { images: observed }: SeenCloud,
  images: DesiredImages,
  doomedIds: ReadonlySet<string>,
): readonly ImageRevision[] {
  const byName = groupByName(observed);
  return [...images.keys()].flatMap((imageName) =>
    listActive(byName, imageName)
      .filter(({ id, buildId }) => BUILD_ID.test(buildId) && !doomedIds.has(id))
      .map(({ id, buildId, createdAt }) => ({ imageName, imageId: id, buildId, createdAt })),
  );
}

function detailsOf(image: ObservedImage | undefined, builtAt: string | undefined): CloudImage['details'] {
  if (image === undefined) return undefined;
  const { createdAt, size, runnerVersion } = image;
  const since = runnerTimeOf(image, secondsOf({ createdAt: builtAt ?? createdAt }));
  const runnerSince = since === undefined ? undefined : new Date(since * 1000).toISOString();
  return { createdAt, size, runnerVersion, runnerSince };
}

/** Keeps the images that are still desired, in the order of the matrix. */
function keepDesired(before: CloudReport | undefined, desiredImages: DesiredImages): readonly CloudImage[] {
  return [...desiredImages.values()].flatMap((config) =>
    (before?.images ?? []).filter((image) => isSameImage(image, config.image)),
  );
}
