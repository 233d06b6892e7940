import type { Arch } from '../image/arch.ts';
import { NO_CHANNEL } from '../image/channel.ts';
import type { ImageVariant } from '../run-config.ts';

/** An image that is published on a consumer's relation. */
export interface PublishedImage extends ImageVariant {
  readonly arch: Arch;
  readonly imageId: string;
}

/** The unit databag of one `image` relation (interface github_runner_image_v0). */
export interface ImageDatabag {
  /** The id of the primary image. */
  readonly id: string;
  readonly tags: string;
  /** All images, as JSON. */
  readonly images: string;
}

/** Returns `<arch>,<base>[,juju=<track/risk>][,microk8s=<track/risk>]`. Consumers derive runner labels from it. */
export function encodeTags({ arch, base, juju, microk8s }: PublishedImage): string {
  return [
    arch,
    base,
    ...(juju === NO_CHANNEL ? [] : [`juju=${juju}`]),
    ...(microk8s === NO_CHANNEL ? [] : [`microk8s=${microk8s}`]),
  ].join(',');
}

/**
 * Returns the databag for `images`, which start with the primary image; undefined when there are none. The JSON has the
 * spaces that Python's json.dumps writes, so replacing the Python charm changes no databag.
 */
export function encodeImageDatabag(images: readonly PublishedImage[]): ImageDatabag | undefined {
  const [primary] = images;
  if (primary === undefined) return undefined;
  const objects = images.map(
    (image) => `{"id": ${toAsciiJson(image.imageId)}, "tags": ${toAsciiJson(encodeTags(image))}}`,
  );
  return { id: primary.imageId, tags: encodeTags(primary), images: `[${objects.join(', ')}]` };
}

/** Returns a JSON string in ASCII, as json.dumps writes it. */
function toAsciiJson(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
