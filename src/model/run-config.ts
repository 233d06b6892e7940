import type { Arch } from './arch.ts';
import type { Base } from './base.ts';
import { type Channel, NO_CHANNEL } from './channel.ts';

/** What tells the images of one application apart. */
export interface ImageVariant {
  readonly base: Base;
  /** The Juju snap channel; empty: without Juju. */
  readonly juju: Channel;
  /** The MicroK8s snap channel; empty: without MicroK8s. */
  readonly microk8s: Channel;
}

/** Configurable image parameters: an image is built for each combination. */
export interface ConfigMatrix {
  readonly bases: readonly Base[];
  /** The empty channel is always meant, whether it is among them or not. */
  readonly jujuChannels: readonly Channel[];
  readonly microk8sChannels: readonly Channel[];
}

/**
 * All combinations, bases outermost in their order, then Juju's, then MicroK8s's channels, each sorted and unique and
 * with "do not install" first: so that the first combination, the primary image, is always the same one.
 */
export function expandMatrix(matrix: ConfigMatrix): readonly ImageVariant[] {
  const jujus = withNone(matrix.jujuChannels);
  const microk8ses = withNone(matrix.microk8sChannels);
  return [...new Set(matrix.bases)].flatMap((base) =>
    jujus.flatMap((juju) => microk8ses.map((microk8s) => ({ base, juju, microk8s }))),
  );
}

function withNone(channels: readonly Channel[]): readonly Channel[] {
  return [...new Set([NO_CHANNEL, ...channels])].sort();
}

/** The image's name: `<prefix>-<base>-<arch>[-juju-<track>-<risk>][-mk8s-<track>-<risk>]`. */
export function imageNameOf(prefix: string, arch: Arch, { base, juju, microk8s }: ImageVariant): string {
  const flat = (channel: Channel): string => channel.replaceAll('/', '-');
  return [
    `${prefix}-${base}-${arch}`,
    ...(juju === NO_CHANNEL ? [] : [`juju-${flat(juju)}`]),
    ...(microk8s === NO_CHANNEL ? [] : [`mk8s-${flat(microk8s)}`]),
  ].join('-');
}
