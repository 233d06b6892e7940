import type { DesiredState } from '../../model/unit/desired-state.ts';
import type { Observation, ObservedImage } from '../../model/observation.ts';
import { findPin } from '../../model/unit/steering.ts';
import { type ImagesByName, listActive } from './plan-clouds.ts';
import { EVERYTHING_PAUSED } from './plan-words.ts';

/** Returns the reason to start no scheduled build of an image; undefined when the image is not paused. */
export function explainPausedImage(imageName: string, { steering }: DesiredState): string | undefined {
  if (steering.isPaused) return EVERYTHING_PAUSED;
  return steering.pausedImages.includes(imageName) ? 'paused: the image is paused' : undefined;
}

/**
 * Returns the image of the build cloud to copy and to publish: the pinned revision, or else the newest. Undefined when
 * the build cloud does not have it.
 */
export function findTarget(
  build: ImagesByName,
  imageName: string,
  { steering }: Pick<DesiredState, 'steering'>,
): ObservedImage | undefined {
  const active = listActive(build, imageName);
  const pin = findPin(steering, imageName);
  return pin === undefined ? active[0] : active.find(({ buildId }) => buildId === pin);
}

/** Lists the ids of the pinned revisions and of their copies in all clouds. */
export function listPinnedIds(
  { steering: { pins } }: Pick<DesiredState, 'steering'>,
  observation: Observation = [],
): readonly string[] {
  if (pins.length === 0) return [];
  const images = observation.flatMap((cloud) => (cloud.state === 'seen' ? cloud.images : []));
  const isPinned = ({ name, buildId }: ObservedImage): boolean =>
    pins.some((pin) => pin.imageName === name && pin.buildId === buildId);
  return images.filter(isPinned).map(({ id }) => id);
}
