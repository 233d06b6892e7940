import type { ImageConfig as RunImageConfig } from '../model/run-config.ts';

/** The clouds of a build, and the server that it runs on. */
export interface CloudConfig {
  /** The build cloud's key in clouds.yaml. */
  readonly cloudName: string;
  /** Not supported in this version; must be undefined. */
  readonly dockerhubCache: URL | undefined;
  /** The name or id of the server's flavor. Empty selects the smallest flavor that meets the minimum. */
  readonly flavor: string;
  /** The name or id of the server's network. Empty selects the only suitable network. */
  readonly network: string;
  /** The prefix of resource names. */
  readonly prefix: string;
  /** Not supported in this version; must be empty. */
  readonly proxy: string;
  /** The keys in clouds.yaml of the clouds that get the image. When empty, only the build cloud has it. */
  readonly uploadCloudNames: readonly string[];
  /** The way in which another project of the build cloud gets the image. Default: copy. */
  readonly withinCloud?: 'copy' | 'share';
}

/** The image of a run config, with its own name. */
export interface ImageConfig extends Omit<
  RunImageConfig,
  'imageName' | 'prefix' | 'scriptUrl' | 'scriptDigest'
> {
  /** The URL of a script to run as root in the guest; empty for none. */
  readonly scriptUrl: string;
  readonly name: string;
}
