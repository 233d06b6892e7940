import { ARCHES } from '../image/arch.ts';
import { BASES } from '../image/base.ts';

/*
 * The names of the things that the Python charm created in clouds. It wrote no metadata on them, so that only their names
 * identify their owner, and a unit of the same application in another model uses the same names.
 */

/** Returns a function that reports whether an image has the name of a revision or of a base image of the Python charm. */
export function matchFormerImages(application: string): (imageName: string) => boolean {
  const variants = listVariants();
  const revisions = variants.map((variant) => `${application}-${variant}`);
  const bases = variants.flatMap((variant) =>
    ['', `${application}-`].map((prefix) => `${prefix}image-builder-base-${variant}`),
  );
  return (imageName) =>
    bases.includes(imageName) || revisions.some((revision) => isRevision(imageName, revision));
}

/** Returns the names of the servers that the Python charm built on. */
export function listFormerServers(application: string): readonly string[] {
  return listVariants().map((variant) => `${application}-image-builder-${variant}`);
}

/** Returns the name of the keypair of those servers. */
export function formerKeypairName(application: string): string {
  return `${application}-image-builder-ssh-key`;
}

/** Reports whether an image has the name `revision`, with or without channels of Juju and MicroK8s. */
function isRevision(imageName: string, revision: string): boolean {
  if (!imageName.startsWith(revision)) return false;
  const channels = imageName.slice(revision.length);
  return channels === '' || channels.startsWith('-juju-') || channels.startsWith('-mk8s-');
}

function listVariants(): readonly string[] {
  return Object.keys(BASES).flatMap((base) => ARCHES.map((arch) => `${base}-${arch}`));
}
