import type { Arch } from '../model/image/arch.ts';
import type { Base } from '../model/image/base.ts';
import type { Channel } from '../model/image/channel.ts';
import type { OpenstackCloudsConfig } from '../model/clouds-yaml.ts';
import { imageNameOf } from '../model/run-config.ts';
import type { ScheduleLimits } from './schedule.ts';

export type { CloudImage } from '../model/unit/built.ts';
export type {
  CloudConfig,
  ConfigMatrix,
  ExternalServiceConfig,
  ImageConfig,
  RunConfig,
  StaticConfigs,
  StaticImageConfig,
} from '../model/run-config.ts';

/** The sources of the program that the Python charm's `app-channel` had, and ours. All mean the program in the charm. */
export const APP_CHANNELS = ['stable', 'edge', 'bundled'] as const;

export type AppChannel = (typeof APP_CHANNELS)[number];

/** The settings of a host. */
export interface ApplicationInitializationConfig {
  /** The content of clouds.yaml; the file is not touched when there is no cloud. */
  readonly cloudConfig: OpenstackCloudsConfig;
  /** The source of the program: one of APP_CHANNELS. */
  readonly channel: string;
  /** In hours. */
  readonly cronInterval: number;
  /** By default images are due by age, and builds start at any time. */
  readonly scheduleLimits?: ScheduleLimits;
  readonly imageArch: Arch;
  /** The prefix of resource names. */
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

  constructor(fields: FieldsOf<FetchConfig>) {
    this.arch = fields.arch;
    this.base = fields.base;
    this.cloudId = fields.cloudId;
    this.juju = fields.juju;
    this.microk8s = fields.microk8s;
    this.prefix = fields.prefix;
  }

  get imageName(): string {
    return imageNameOf(this.prefix, this.arch, this);
  }
}
