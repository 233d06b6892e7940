import type { CloudImage, CloudReport } from '../../model/built.ts';
import {
  type DesiredImages,
  type DesiredState,
  buildCloudOf,
  uploadCloudsOf,
} from '../../model/desired-state.ts';
import type { Observation, ObservedCloud, ObservedImage } from '../../model/observation.ts';
import { type ImageConfig, isSameImage } from '../../model/run-config.ts';
import { chooseImage, isLaterHere, listActiveImages } from '../plan/plan-clouds.ts';

/**
 * Returns a report for each cloud, the build cloud first. A cloud that failed keeps its last images. A cloud that was never
 * queried has no report, because an empty one would mean that its images are gone.
 */
export function reportClouds(
  previous: readonly CloudReport[],
  desired: DesiredState,
  observation: Observation | undefined,
): readonly CloudReport[] {
  const buildImages = findBuildImages(desired, observation);
  return [buildCloudOf(desired), ...uploadCloudsOf(desired)].flatMap((cloudId): readonly CloudReport[] => {
    const before = previous.find((report) => report.cloudId === cloudId);
    const observed = observation?.find((cloud) => cloud.cloudId === cloudId);
    if (observed !== undefined) return [reportCloud(observed, before, desired.images, buildImages)];
    return before === undefined ? [] : [{ ...before, images: keepDesired(before.images, desired.images) }];
  });
}

/** Returns undefined when the build cloud was not observed. */
function findBuildImages(
  desired: DesiredState,
  observation: Observation | undefined,
): readonly ObservedImage[] | undefined {
  const buildCloud = buildCloudOf(desired);
  const cloud = observation?.find(({ cloudId }) => cloudId === buildCloud);
  return cloud?.state === 'seen' ? cloud.images : undefined;
}

function reportCloud(
  cloud: ObservedCloud,
  before: CloudReport | undefined,
  desiredImages: DesiredImages,
  buildImages: readonly ObservedImage[] | undefined,
): CloudReport {
  const { cloudId } = cloud;
  const previousImages = keepDesired(before?.images ?? [], desiredImages);
  if (cloud.state === 'failed') {
    const { kind, message } = cloud;
    return {
      cloudId,
      failure: { kind, message },
      images: previousImages,
      activeIds: before?.activeIds ?? [],
    };
  }
  const active = cloud.images.filter(({ status }) => status === 'active');
  const choose = (imageName: string): ObservedImage | undefined =>
    buildImages === undefined
      ? keepChoice(active, imageName, previousImages)
      : chooseNewer(active, imageName, buildImages, previousImages);
  return {
    cloudId,
    failure: undefined,
    images: [...desiredImages].flatMap(([imageName, { image }]) => {
      const found = choose(imageName);
      return found === undefined ? [] : [toCloudImage(found.id, image, cloudId)];
    }),
    activeIds: [...active.map(({ id }) => id), ...(cloud.activeExtraIds ?? [])].toSorted(),
  };
}

/** Keeps the image of the previous report, because the newest image is not known while the build cloud is unavailable. */
function keepChoice(
  active: readonly ObservedImage[],
  imageName: string,
  previousImages: readonly CloudImage[],
): ObservedImage | undefined {
  const named = listActiveImages(active, imageName);
  return named.find(({ id }) => previousImages.some(({ imageId }) => imageId === id)) ?? named[0];
}

/** Chooses the newest image, but never an older one than the previous report while that image is active. */
function chooseNewer(
  active: readonly ObservedImage[],
  imageName: string,
  buildImages: readonly ObservedImage[],
  previousImages: readonly CloudImage[],
): ObservedImage | undefined {
  const choice = chooseImage(active, imageName, buildImages);
  const current = listActiveImages(active, imageName).find(({ id }) =>
    previousImages.some(({ imageId }) => imageId === id),
  );
  if (choice === undefined || current === undefined) return choice;
  return isLaterHere(current, choice, buildImages) ? current : choice;
}

function toCloudImage(
  imageId: string,
  { arch, base, juju, microk8s }: ImageConfig,
  cloudId: string,
): CloudImage {
  return { arch, base, cloudId, imageId, juju, microk8s };
}

/** Keeps the images that are still desired, in the order of the matrix. */
function keepDesired(images: readonly CloudImage[], desiredImages: DesiredImages): readonly CloudImage[] {
  return [...desiredImages.values()].flatMap((config) =>
    images.filter((image) => isSameImage(image, config.image)),
  );
}
