import type { Arch } from './arch.ts';
import type { Base } from './base.ts';
import { type Channel, NO_CHANNEL } from './channel.ts';
import { ImageConfig, type RunConfig, imageNameOf } from '../run-config.ts';

/*
 * A layer is an image of what several images of a base share: all parts but the runner and Juju, and with a MicroK8s
 * channel also MicroK8s of that channel. It stays in the build cloud and is never published.
 */

/** No image name ends like this: a channel with such a branch gives an image of another kind. */
const SUFFIX = '.layer';

/** The longest time for which builds start from a layer. */
export const LAYER_LIFETIME_MS = 6 * 3_600_000;

/** The fields of an image that decide about the name of its layers. */
interface LayerImage {
  readonly prefix: string;
  readonly arch: Arch;
  readonly base: Base;
}

/** Returns the name of the layer with MicroK8s of this channel; of the layer that all images of the base share if empty. */
export function layerNameOf({ prefix, arch, base }: LayerImage, microk8s: Channel): string {
  return `${imageNameOf(prefix, arch, { base, juju: NO_CHANNEL, microk8s })}${SUFFIX}`;
}

/** Returns the names of the layers that an image can start from. */
export function listLayerNames(image: LayerImage & { readonly microk8s: Channel }): readonly string[] {
  return [...new Set([NO_CHANNEL, image.microk8s])].map((channel) => layerNameOf(image, channel));
}

/** Reports whether the name is that of a layer. */
export function isLayerName(name: string): boolean {
  return name.endsWith(SUFFIX);
}

/** Returns the run config of a layer: without Juju, the script and its secrets, and properties of the final image. */
export function toLayerConfig(config: RunConfig, microk8s: Channel): RunConfig {
  const own = { juju: NO_CHANNEL, microk8s, scriptUrl: '', scriptDigest: '', imageProperties: '' } as const;
  const { ...image } = config.image;
  return { ...config, image: new ImageConfig({ ...image, ...own }) };
}
