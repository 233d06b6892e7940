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
 * What each cloud holds, the build cloud first. One that failed keeps what it said last; one that was never asked is
 * left out, because an empty report would say that its images are gone.
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
    return before === undefined ? [] : [{ ...before, images: keepWanted(before.images, desired.images) }];
  });
}

/** `undefined`: the build cloud was not seen. */
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
  wanted: DesiredImages,
  buildImages: readonly ObservedImage[] | undefined,
): CloudReport {
  const { cloudId } = cloud;
  const said = keepWanted(before?.images ?? [], wanted);
  if (cloud.state === 'failed') {
    const { kind, message } = cloud;
    return { cloudId, failure: { kind, message }, images: said, activeIds: before?.activeIds ?? [] };
  }
  const active = cloud.images.filter(({ status }) => status === 'active');
  const choose = (imageName: string): ObservedImage | undefined =>
    buildImages === undefined
      ? keepChoice(active, imageName, said)
      : chooseNewer(active, imageName, buildImages, said);
  return {
    cloudId,
    failure: undefined,
    images: [...wanted].flatMap(([imageName, { image }]) => {
      const found = choose(imageName);
      return found === undefined ? [] : [toCloudImage(found.id, image, cloudId)];
    }),
    activeIds: [...active.map(({ id }) => id), ...(cloud.activeExtraIds ?? [])].toSorted(),
  };
}

/** As long as the build cloud does not tell which image is its newest, consumers stay with what they have. */
function keepChoice(
  active: readonly ObservedImage[],
  imageName: string,
  said: readonly CloudImage[],
): ObservedImage | undefined {
  const named = listActiveImages(active, imageName);
  return named.find(({ id }) => said.some(({ imageId }) => imageId === id)) ?? named[0];
}

/** Nobody goes back to an older image while the one that they are told is active. */
function chooseNewer(
  active: readonly ObservedImage[],
  imageName: string,
  buildImages: readonly ObservedImage[],
  said: readonly CloudImage[],
): ObservedImage | undefined {
  const choice = chooseImage(active, imageName, buildImages);
  const told = listActiveImages(active, imageName).find(({ id }) =>
    said.some(({ imageId }) => imageId === id),
  );
  if (choice === undefined || told === undefined) return choice;
  return isLaterHere(told, choice, buildImages) ? told : choice;
}

function toCloudImage(
  imageId: string,
  { arch, base, juju, microk8s }: ImageConfig,
  cloudId: string,
): CloudImage {
  return { arch, base, cloudId, imageId, juju, microk8s };
}

/** What was said under an earlier config, as far as it is wanted now, in the matrix's order. */
function keepWanted(images: readonly CloudImage[], wanted: DesiredImages): readonly CloudImage[] {
  return [...wanted.values()].flatMap((config) => images.filter((image) => isSameImage(image, config.image)));
}
