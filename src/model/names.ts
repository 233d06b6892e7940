import type { Arch } from './arch.ts';
import type { Base } from './base.ts';

function prefixed(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}-${name}`;
}

/** Returns the Glance name of a base image: `<prefix>-image-builder-base-<base>-<arch>`. */
export function baseImageName(prefix: string, base: Base, arch: Arch): string {
  return prefixed(prefix, `image-builder-base-${base}-${arch}`);
}

/** Returns the name of the server and the keypair of a build. The build id makes it unique. */
export function buildResourceName(prefix: string, base: Base, arch: Arch, buildId: string): string {
  // Older releases of Nova allow only letters, digits, spaces, dashes and underscores in the names of keypairs.
  return prefixed(prefix, `image-builder-${base}-${arch}-${buildId}`).replace(/[^A-Za-z0-9_-]/g, '-');
}

/** Returns the name that an image has in Glance until it is proven. */
export function unfinishedImageName(imageName: string, buildId: string): string {
  return `${imageName}.building-${buildId}`;
}
