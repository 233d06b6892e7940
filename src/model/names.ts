import type { Arch } from './arch.ts';
import type { Base } from './base.ts';

function prefixed(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}-${name}`;
}

/** The Glance name of a base image: `<prefix>-image-builder-base-<base>-<arch>`. */
export function baseImageName(prefix: string, base: Base, arch: Arch): string {
  return prefixed(prefix, `image-builder-base-${base}-${arch}`);
}

/** The name of one build's server and keypair, unique by the build id. */
export function buildResourceName(prefix: string, base: Base, arch: Arch, buildId: string): string {
  // Nova's older keypair names have letters, digits, spaces, dashes and underscores only
  return prefixed(prefix, `image-builder-${base}-${arch}-${buildId}`).replace(/[^A-Za-z0-9_-]/g, '-');
}

/** Under which name an image stands in Glance until it is proven and gets its own. */
export function unfinishedImageName(imageName: string, buildId: string): string {
  return `${imageName}.building-${buildId}`;
}
