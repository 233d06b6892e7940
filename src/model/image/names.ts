import type { Arch } from './arch.ts';
import type { Base } from './base.ts';

function prefixed(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}-${name}`;
}

/** Returns the Glance name of a base image: `<prefix>-image-builder-base-<base>-<arch>`. */
export function baseImageName(prefix: string, base: Base, arch: Arch): string {
  return prefixed(prefix, `image-builder-base-${base}-${arch}`);
}

/** The number of characters that Nova accepts in the name of a server or a keypair. */
const MAX_NOVA_NAME = 255;

/**
 * Returns the name of the server and the keypair of a build: `<image name>-image-builder-<build id>`, with the prefix
 * in front unless the name of the image begins with it. The build id makes it unique.
 */
export function buildResourceName(prefix: string, imageName: string, buildId: string): string {
  const start = imageName.startsWith(`${prefix}-`) ? imageName : prefixed(prefix, imageName);
  const end = `-image-builder-${buildId}`;
  // Older releases of Nova allow only letters, digits, spaces, dashes and underscores in the names of keypairs.
  return `${start.slice(0, MAX_NOVA_NAME - end.length)}${end}`.replace(/[^A-Za-z0-9_-]/g, '-');
}

/** Returns the name that an image has in Glance until it is proven. */
export function unfinishedImageName(imageName: string, buildId: string): string {
  return `${imageName}.building-${buildId}`;
}

/** Returns an image name without the application's prefix. */
export function shortName(imageName: string, application: string): string {
  return imageName.startsWith(`${application}-`) ? imageName.slice(application.length + 1) : imageName;
}
