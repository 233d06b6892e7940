import type { ImageConfig as RunImageConfig } from '../model/run-config.ts';

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

/** The image to build: the image of a run config, under a name of its own. */
export interface ImageConfig extends Omit<
  RunImageConfig,
  'imageName' | 'prefix' | 'scriptUrl' | 'scriptDigest'
> {
  /** The URL of a script to run as root in the guest; empty: none. */
  readonly scriptUrl: string;
  readonly name: string;
}
