import type { Arch } from './arch.ts';
import { NO_CHANNEL } from './channel.ts';
import type { ImageVariant } from './run-config.ts';

/** An image as a consumer's relation tells it. */
export interface PublishedImage extends ImageVariant {
  readonly arch: Arch;
  readonly imageId: string;
}

/** What the builder writes into its unit databag of one `image` relation (github_runner_image_v0). */
export interface ImageDatabag {
  /** The id of the primary image, the first of all. */
  readonly id: string;
  readonly tags: string;
  /** All images, as JSON. */
  readonly images: string;
}

/** `<arch>,<base>[,juju=<track/risk>][,microk8s=<track/risk>]`: consumers make runner labels of it. */
export function encodeTags({ arch, base, juju, microk8s }: PublishedImage): string {
  return [
    arch,
    base,
    ...(juju === NO_CHANNEL ? [] : [`juju=${juju}`]),
    ...(microk8s === NO_CHANNEL ? [] : [`microk8s=${microk8s}`]),
  ].join(',');
}

/**
 * The databag for images in their order, the primary one first; `undefined` when there is none. `images` has the
 * spaces that Python's json.dumps writes, byte for byte, so that a builder that is replaced changes no databag.
 */
export function encodeImageDatabag(images: readonly PublishedImage[]): ImageDatabag | undefined {
  const [primary] = images;
  if (primary === undefined) return undefined;
  const objects = images.map(
    (image) => `{"id": ${toAsciiJson(image.imageId)}, "tags": ${toAsciiJson(encodeTags(image))}}`,
  );
  return { id: primary.imageId, tags: encodeTags(primary), images: `[${objects.join(', ')}]` };
}

/** A JSON string in ASCII, as json.dumps writes it. */
function toAsciiJson(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
