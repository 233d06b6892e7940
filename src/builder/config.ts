import type { Arch } from '../model/arch.ts';
import type { Base } from '../model/base.ts';
import type { Channel } from '../model/channel.ts';
import type { OpenstackCloudsConfig } from '../model/clouds-yaml.ts';
import { imageNameOf } from '../model/run-config.ts';
import type { Secret } from '../model/secret.ts';

export type { CloudImage } from '../model/built.ts';
export type { ConfigMatrix } from '../model/run-config.ts';

/** What a host is set up with. */
export interface ApplicationInitializationConfig {
  /** For clouds.yaml; without any cloud that file is left as it is. */
  readonly cloudConfig: OpenstackCloudsConfig;
  /** Where the program comes from; `charm` is the only one. */
  readonly channel: string;
  /** In hours. */
  readonly cronInterval: number;
  readonly imageArch: Arch;
  /** What the names of resources begin with. */
  readonly resourcePrefix: string;
  /** The Juju unit: `app/0`. */
  readonly unitName: string;
}

/** Where builds run and images go. */
export interface CloudConfig {
  /** The key in clouds.yaml of the cloud to build on. */
  readonly buildCloud: string;
  /** Empty: chosen by the program. */
  readonly buildFlavor: string;
  readonly buildNetwork: string;
  /** What the names of servers and base images begin with. */
  readonly resourcePrefix: string;
  /** Empty: the image stays in the build cloud only. */
  readonly uploadClouds: readonly string[];
  /** How many revisions `prune` keeps. */
  readonly numRevisions: number;
}

/** What serves a build from outside. This version can use neither: `run` refuses them. */
export interface ExternalServiceConfig {
  readonly dockerhubCache: string | undefined;
  /** For the guest; the jobs' own proxies are in their environment. */
  readonly proxy: string | undefined;
}

/** What all images of a unit have in common. */
export interface StaticImageConfig {
  readonly arch: Arch;
  /** What image names begin with. */
  readonly prefix: string;
  /** `undefined`: the one in secrets.json. A build that finds another one there does not start. */
  readonly scriptUrl: Secret | undefined;
  /** Empty: the latest. */
  readonly runnerVersion: string;
}

/** What does not depend on the matrix. */
export interface StaticConfigs {
  readonly cloudConfig: CloudConfig;
  readonly imageConfig: StaticImageConfig;
  readonly serviceConfig: ExternalServiceConfig;
}

/** One build. */
export interface RunConfig {
  readonly image: ImageConfig;
  readonly cloud: CloudConfig;
  readonly externalService: ExternalServiceConfig;
}

type FieldsOf<T> = Omit<T, 'imageName'>;

/** The image that a build makes. */
export class ImageConfig {
  readonly arch: Arch;
  readonly base: Base;
  readonly juju: Channel;
  readonly microk8s: Channel;
  readonly prefix: string;
  readonly scriptUrl: Secret | undefined;
  readonly runnerVersion: string;

  constructor(given: FieldsOf<ImageConfig>) {
    this.arch = given.arch;
    this.base = given.base;
    this.juju = given.juju;
    this.microk8s = given.microk8s;
    this.prefix = given.prefix;
    this.scriptUrl = given.scriptUrl;
    this.runnerVersion = given.runnerVersion;
  }

  get imageName(): string {
    return imageNameOf(this.prefix, this.arch, this);
  }
}

/** An image to look for in one cloud. */
export class FetchConfig {
  readonly arch: Arch;
  readonly base: Base;
  readonly cloudId: string;
  readonly juju: Channel;
  readonly microk8s: Channel;
  readonly prefix: string;

  constructor(given: FieldsOf<FetchConfig>) {
    this.arch = given.arch;
    this.base = given.base;
    this.cloudId = given.cloudId;
    this.juju = given.juju;
    this.microk8s = given.microk8s;
    this.prefix = given.prefix;
  }

  get imageName(): string {
    return imageNameOf(this.prefix, this.arch, this);
  }
}
