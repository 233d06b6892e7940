import { ARCHES, type Arch } from './image/arch.ts';
import { BASES, type Base } from './image/base.ts';
import type { BaseReleases } from './image/base-releases.ts';
import { type Channel, channelInName, NO_CHANNEL } from './image/channel.ts';
import {
  type Decoded,
  type Decoder,
  anyString,
  fields,
  integer,
  list,
  oneOf,
  text,
  withDefault,
} from './decode.ts';
import {
  DEFAULT_CONTENT,
  DEFAULT_SOURCES,
  type GuestContentOptions,
  guestContentOptions,
  guestSourceOptions,
} from './guest/guest-options.ts';

/** The values that distinguish the images of one application. */
export interface ImageVariant {
  readonly base: Base;
  /** The Juju snap channel; empty: the image has no Juju. */
  readonly juju: Channel;
  /** The MicroK8s snap channel; empty: the image has no MicroK8s. */
  readonly microk8s: Channel;
}

/** Reports whether two images are the same combination of the matrix, for the same architecture. */
export function isSameImage(
  one: ImageVariant & { readonly arch: Arch },
  other: ImageVariant & { readonly arch: Arch },
): boolean {
  return (
    one.arch === other.arch &&
    one.base === other.base &&
    one.juju === other.juju &&
    one.microk8s === other.microk8s
  );
}

/** The configurable image parameters. One image is built for each combination. */
export interface ConfigMatrix {
  readonly bases: readonly Base[];
  /** The empty channel always belongs to the matrix, listed or not. */
  readonly jujuChannels: readonly Channel[];
  readonly microk8sChannels: readonly Channel[];
}

/**
 * Returns all combinations: bases outermost in the given order, then the Juju channels, then the MicroK8s channels,
 * each sorted, unique and starting with the empty channel. The first combination is the primary image.
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

/** Returns the image name: `<prefix>-<base>-<arch>[-juju-<track>-<risk>[-<branch>]][-mk8s-<track>-<risk>[-<branch>]]`. */
export function imageNameOf(prefix: string, arch: Arch, { base, juju, microk8s }: ImageVariant): string {
  return [
    `${prefix}-${base}-${arch}`,
    ...(juju === NO_CHANNEL ? [] : [`juju-${channelInName(juju)}`]),
    ...(microk8s === NO_CHANNEL ? [] : [`mk8s-${channelInName(microk8s)}`]),
  ].join('-');
}

/**
 * A reference to a value of secrets.json; empty: no such value. The value itself reaches a job through a file
 * descriptor and is written to no other file.
 */
export type SecretReference = Decoded<typeof secretReference>;

const secretReference = oneOf(['', 'secrets.json']);

const base = oneOf(Object.keys(BASES) as readonly Base[]);

// A field that is added to these decoders later needs a default, because files of earlier versions lack it.

const imageFields = fields({
  arch: oneOf(ARCHES),
  base,
  content: withDefault(guestContentOptions, DEFAULT_CONTENT),
  /** The serial of Ubuntu's cloud image; empty: the current one. */
  baseRelease: withDefault(anyString, ''),
  /** A list that `parseImageProperties` returned: properties of the image; empty: none. */
  imageProperties: withDefault(anyString, ''),
  juju: anyString,
  microk8s: anyString,
  /** The prefix of image names: the application. */
  prefix: anyString,
  /** The GitHub runner's version; empty: the latest. */
  runnerVersion: anyString,
  scriptUrl: secretReference,
  /** An HMAC, with the unit's key, of the script's URL and its secrets; empty without a script. */
  scriptDigest: anyString,
});

/** The parameters of one image. */
export class ImageConfig implements ImageVariant {
  readonly arch: Arch;
  readonly base: Base;
  readonly content: GuestContentOptions;
  readonly baseRelease: string;
  readonly imageProperties: string;
  readonly juju: Channel;
  readonly microk8s: Channel;
  readonly prefix: string;
  readonly runnerVersion: string;
  readonly scriptUrl: SecretReference;
  readonly scriptDigest: string;

  constructor(
    given: Omit<Decoded<typeof imageFields>, 'imageProperties' | 'content'> & {
      readonly imageProperties?: string;
      readonly content?: GuestContentOptions;
    },
  ) {
    this.arch = given.arch;
    this.base = given.base;
    this.content = given.content ?? DEFAULT_CONTENT;
    this.baseRelease = given.baseRelease;
    this.imageProperties = given.imageProperties ?? '';
    this.juju = given.juju;
    this.microk8s = given.microk8s;
    this.prefix = given.prefix;
    this.runnerVersion = given.runnerVersion;
    this.scriptUrl = given.scriptUrl;
    this.scriptDigest = given.scriptDigest;
  }

  /** The image name, derived from the other fields. */
  get imageName(): string {
    return imageNameOf(this.prefix, this.arch, this);
  }
}

const imageConfig: Decoder<ImageConfig> = (value, at, problems) => {
  const known = problems.length;
  const read = imageFields(value, at, problems);
  return read === undefined || problems.length > known ? undefined : new ImageConfig(read);
};

/** The clouds of a build. */
export type CloudConfig = Decoded<typeof cloudConfig>;

const cloudConfig = fields({
  /** The key in clouds.yaml of the cloud to build on. */
  buildCloud: text,
  /** Name or id; empty: the program chooses. */
  buildFlavor: anyString,
  buildNetwork: anyString,
  /** The external network of the server's floating IP; empty: it has none. */
  floatingNetwork: withDefault(anyString, ''),
  /** The networks, in CIDR notation, that may reach the server's SSH port, in addition to the builder. */
  sshCidrs: withDefault(list(text), []),
  /** The prefix of the names of servers and base images. */
  resourcePrefix: anyString,
  /** The keys in clouds.yaml of the clouds that get the image; empty: it stays in the build cloud. */
  uploadClouds: list(text),
  /** The number of revisions to keep. */
  numRevisions: integer,
});

/** The external services that a build uses. */
export type ExternalServiceConfig = Decoded<typeof externalServiceConfig>;

const externalServiceConfig = fields({
  /** URL of a Docker Hub cache that MicroK8s in the image uses; empty: none. */
  dockerhubCache: anyString,
  /** The proxies of the model. */
  proxy: secretReference,
  /** URL of Ubuntu's cloud images. */
  cloudImagesUrl: text,
  /** URL of the GitHub runner's releases. */
  runnerReleasesUrl: text,
  sources: withDefault(guestSourceOptions, DEFAULT_SOURCES),
});

/** Decodes one run config. */
export const runConfig = fields({
  image: imageConfig,
  cloud: cloudConfig,
  externalService: externalServiceConfig,
});

/** The configuration of one build: one image of the matrix. It holds no secret. */
export type RunConfig = Decoded<typeof runConfig>;

/** The image parameters that do not depend on the matrix. */
export interface StaticImageConfig extends Pick<
  ImageConfig,
  'arch' | 'prefix' | 'runnerVersion' | 'scriptUrl' | 'scriptDigest'
> {
  readonly baseReleases: BaseReleases;
  readonly imageProperties?: string;
  readonly content?: GuestContentOptions;
}

/** The part of the configuration that does not depend on the matrix. */
export interface StaticConfigs {
  readonly cloudConfig: CloudConfig;
  readonly imageConfig: StaticImageConfig;
  readonly serviceConfig: ExternalServiceConfig;
}

/** Returns one run config for each combination of the matrix, in the order of `expandMatrix`. */
export function expandRunConfigs(matrix: ConfigMatrix, config: StaticConfigs): readonly RunConfig[] {
  const { cloudConfig: cloud, imageConfig, serviceConfig: externalService } = config;
  const { baseReleases, ...common } = imageConfig;
  return expandMatrix(matrix).map((variant) => ({
    image: new ImageConfig({ ...common, ...variant, baseRelease: baseReleases.get(variant.base) ?? '' }),
    cloud,
    externalService,
  }));
}
