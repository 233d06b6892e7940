import { NO_CHANNEL } from '../model/channel.ts';
import type { DesiredImages } from '../model/desired-state.ts';
import { type ImageVariant, expandMatrix, imageNameOf } from '../model/run-config.ts';

/** An image that is wanted: one combination of the matrix. */
export interface WantedImage {
  readonly imageName: string;
  readonly variant: ImageVariant;
}

/** All images that are wanted, in the matrix's order, the primary one first. */
export function listWantedImages(images: DesiredImages): readonly WantedImage[] {
  return expandMatrix(images).map((variant) => ({
    imageName: imageNameOf(images.prefix, images.arch, variant),
    variant,
  }));
}

/** Does this version know how to build it? */
export function isBuildable({ variant }: WantedImage): boolean {
  return variant.juju === NO_CHANNEL && variant.microk8s === NO_CHANNEL;
}
