import type { CloudImage, CloudReport } from '../model/built.ts';
import type { DesiredImages, DesiredState } from '../model/desired-state.ts';
import type { Observation, ObservedCloud, ObservedImage } from '../model/observation.ts';
import { findCopy, listActiveImages, listConsumerClouds } from './plan-clouds.ts';
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

function findBuildImages(
  { build }: DesiredState,
  observation: Observation | undefined,
): readonly ObservedImage[] {
  const cloud = observation?.find(({ cloudId }) => cloudId === build.cloud);
  return cloud?.state === 'seen' ? cloud.images : [];
}

function reportCloud(
  cloud: ObservedCloud,
  before: CloudReport | undefined,
  wanted: DesiredImages,
  buildImages: readonly ObservedImage[],
): CloudReport {
  const { cloudId } = cloud;
  if (cloud.state === 'failed') {
    const { kind, message } = cloud;
    const images = keepWanted(before?.images ?? [], wanted);
    return { cloudId, failure: { kind, message }, images, activeIds: before?.activeIds ?? [] };
  }
  const active = cloud.images.filter(({ status }) => status === 'active');
  return {
    cloudId,
    failure: undefined,
    images: listWantedImages(wanted).flatMap((image) => {
      const found = chooseImage(cloud.images, image.imageName, buildImages);
      return found === undefined ? [] : [toCloudImage(found.id, image, cloudId, wanted)];
    }),
    activeIds: active.map(({ id }) => id).toSorted(),
  };
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
