import type { CloudImage, CloudReport } from '../model/built.ts';
import type { DesiredImages, DesiredState } from '../model/desired-state.ts';
import type { Observation, ObservedCloud, ObservedImage } from '../model/observation.ts';
import { chooseImage, isLaterHere, listActiveImages, listConsumerClouds } from './plan-clouds.ts';
import { type WantedImage, listWantedImages } from './plan-matrix.ts';

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
  return [desired.build.cloud, ...listConsumerClouds(desired)].flatMap((cloudId): readonly CloudReport[] => {
    const before = previous.find((report) => report.cloudId === cloudId);
    const observed = observation?.find((cloud) => cloud.cloudId === cloudId);
    if (observed !== undefined) return [reportCloud(observed, before, desired.images, buildImages)];
    return before === undefined ? [] : [{ ...before, images: keepWanted(before.images, desired.images) }];
  });
}

/** `undefined`: the build cloud was not seen. */
function findBuildImages(
  { build }: DesiredState,
  observation: Observation | undefined,
): readonly ObservedImage[] | undefined {
  const cloud = observation?.find(({ cloudId }) => cloudId === build.cloud);
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
  const choose = ({ imageName }: WantedImage): ObservedImage | undefined =>
    buildImages === undefined
      ? keepChoice(active, imageName, said)
      : chooseNewer(active, imageName, buildImages, said);
  return {
    cloudId,
    failure: undefined,
    images: listWantedImages(wanted).flatMap((image) => {
      const found = choose(image);
      return found === undefined ? [] : [toCloudImage(found.id, image, cloudId, wanted)];
    }),
    activeIds: [...active.map(({ id }) => id), ...(cloud.alsoActiveIds ?? [])].toSorted(),
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
  { variant }: WantedImage,
  cloudId: string,
  { arch }: DesiredImages,
): CloudImage {
  const { base, juju, microk8s } = variant;
  return { arch, base, cloudId, imageId, juju, microk8s };
}

/** What was said under an earlier config, as far as it is wanted now, in the matrix's order. */
function keepWanted(images: readonly CloudImage[], wanted: DesiredImages): readonly CloudImage[] {
  return listWantedImages(wanted).flatMap(({ variant }) =>
    images.filter(
      ({ arch, base, juju, microk8s }) =>
        arch === wanted.arch &&
        base === variant.base &&
        juju === variant.juju &&
        microk8s === variant.microk8s,
    ),
  );
}
