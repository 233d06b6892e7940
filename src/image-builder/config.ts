import type { GuestSourceOptions } from '../model/guest/guest-options.ts';
import type { ProxySettings } from '../model/proxy-settings.ts';
import type { ImageConfig as RunImageConfig } from '../model/run-config.ts';

/** The clouds of a build, and the server that it runs on. */
export interface CloudConfig {
  /** The build cloud's key in clouds.yaml. */
  readonly cloudName: string;
  /** The URL of a Docker Hub cache that MicroK8s in the image uses. */
  readonly dockerhubCache: URL | undefined;
  /** The name or id of the server's flavor. Empty selects the smallest flavor that meets the minimum. */
  readonly flavor: string;
  /** The name or id of the server's network. Empty selects the only suitable network. */
  readonly network: string;
  /** The name or id of the external network of the server's floating IP. Default: no floating IP. */
  readonly floatingNetwork?: string;
  /** The networks, in CIDR notation, that may reach the server's SSH port, in addition to this machine. */
  readonly sshCidrs?: readonly string[];
  /** The prefix of resource names. */
  readonly prefix: string;
  /** The proxies of the guest. They stay in the image only if its content says so. */
  readonly proxy: ProxySettings | undefined;
  /** The URLs that the guest uses instead of the public ones. */
  readonly sources: GuestSourceOptions;
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
  /** The layer to start from; the base image when undefined. */
  readonly layerId?: string | undefined;
  /** True when the image is a layer itself. It gets only the parts that a layer may have. */
  readonly isLayer?: boolean;
  /** The reason for the build, for people. */
  readonly reason?: string;
}
