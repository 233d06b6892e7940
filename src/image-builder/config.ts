import type { Arch } from '../model/arch.ts';
import type { Base } from '../model/base.ts';

/** Where and how to build. */
export interface CloudConfig {
  /** The build cloud's key in clouds.yaml. */
  readonly cloudName: string;
  /** Not in this version: must be `undefined`. */
  readonly dockerhubCache: URL | undefined;
  /** The flavor of the server, by name or id; empty: the smallest that meets the minimum. */
  readonly flavor: string;
  /** The network of the server, by name or id; empty: the only one there is. */
  readonly network: string;
  /** What the names of resources begin with. */
  readonly prefix: string;
  /** Not in this version: must be empty. */
  readonly proxy: string;
  /** The clouds that get the image, keys of clouds.yaml; none: the build cloud alone has it. */
  readonly uploadCloudNames: readonly string[];
  /** What an upload cloud gets that is another project of the build cloud; a copy when absent. */
  readonly withinCloud?: 'copy' | 'share';
}

/** What to build. */
export interface ImageConfig {
  readonly arch: Arch;
  readonly base: Base;
  /** Not in this version: must be empty. */
  readonly juju: string;
  /** Not in this version: must be empty. */
  readonly microk8s: string;
  /** The runner's version; empty: the latest. */
  readonly runnerVersion: string;
  /** A script to run as root in the guest; empty: none. */
  readonly scriptUrl: string;
  /** The name of the image. */
  readonly name: string;
}
