import type { Arch } from '../model/arch.ts';
import type { Base } from '../model/base.ts';
import type { Channel } from '../model/channel.ts';
import type { OpenstackCloudsConfig } from '../model/clouds-yaml.ts';
import { imageNameOf } from '../model/run-config.ts';

export type { CloudImage } from '../model/built.ts';
export type {
  CloudConfig,
  ConfigMatrix,
  ExternalServiceConfig,
  ImageConfig,
  RunConfig,
  StaticConfigs,
  StaticImageConfig,
} from '../model/run-config.ts';

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

type FieldsOf<T> = Omit<T, 'imageName'>;

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
