import { type Arch, checkBases, defaultRunnerReleasesUrl } from '../../../model/image/arch.ts';
import { type Base, findBase } from '../../../model/image/base.ts';
import { type BaseReleases, parseBaseReleases } from '../../../model/image/base-releases.ts';
import { DEFAULT_SOURCES } from '../../../model/guest/guest-options.ts';
import { ImageConfig, type RunConfig } from '../../../model/run-config.ts';
import type { Option, Options, ValuesOf } from '../command.ts';
import type { Host } from '../../request.ts';
import type { OptionReader } from './read-options.ts';

/** The options of the commands that create resources in the build cloud. */
export const BUILD_CLOUD_OPTIONS = {
  arch: {
    flags: '--arch <arch>',
    about: 'architecture: arm64, x64, s390x, ppc64le or arm (default: that of the host)',
    read: readArch,
  },
  baseReleases: {
    flags: '--base-image-release <list>',
    about: 'BASE=SERIAL pairs of Ubuntu cloud images, such as noble=20260801 (default: the current ones)',
    read: readBaseReleases,
  },
  prefix: prefixOption(),
  cloudImagesUrl: {
    flags: '--cloud-images-url <url>',
    about: 'URL of the Ubuntu cloud images',
    defaultText: 'https://cloud-images.ubuntu.com',
    read: (reader): string => reader.url('cloudImagesUrl', '--cloud-images-url'),
  },
} as const satisfies Options;

/** The options for the networks of a server. */
export const NETWORK_OPTIONS = {
  network: {
    flags: '--network <network>',
    about: 'name or id of the network (default: the only one with a subnet)',
    read: (reader): string => reader.text('network'),
  },
  floatingNetwork: {
    flags: '--floating-network <network>',
    about: 'name or id of an external network from which the server gets a floating IP (default: none)',
    read: (reader): string => reader.text('floatingNetwork'),
  },
  sshCidrs: {
    flags: '--builder-ssh-cidr <list>',
    about:
      "comma-separated networks that may reach the server's SSH port, in addition to the address of this machine",
    read: (reader): readonly string[] => reader.cidrs('builderSshCidr', '--builder-ssh-cidr'),
  },
} as const satisfies Options;

/** Declares the prefix of resource names. It also names the owner when --owner is not given. */
export function prefixOption(): Option<string> {
  return {
    flags: '--prefix <prefix>',
    about: 'prefix of the names of resources',
    read: (reader) => reader.name('prefix', '--prefix', 100),
  };
}

/** Declares the list of clouds that receive an image. */
export function uploadCloudsOption(about: string): Option<readonly string[]> {
  return {
    flags: '--upload-clouds <list>',
    about,
    read: (reader) => reader.names('uploadClouds', '--upload-clouds'),
  };
}

/** The choice between a copy and a share for other projects of the same cloud. */
export const SHARE_OPTION: Option<'copy' | 'share'> = {
  flags: '--share',
  about: 'share the image with other projects of the same cloud instead of copying it',
  read: (reader) => {
    if (!reader.isSet('share')) return 'copy';
    if (reader.text('uploadClouds') === '') reader.problem('--share', '--upload-clouds as well', '');
    return 'share';
  },
};

/** Reads the number of revisions to keep. The default is 5. */
export function readKeepRevisions(reader: OptionReader): number {
  return reader.wholeNumber('keepRevisions', '--keep-revisions', 1, 5);
}

/** Reads the architecture and refuses bases that cannot be built for it. */
function readArch(reader: OptionReader, host: Host): Arch {
  const arch = reader.arch(host.arch);
  checkBases(arch, listKnownBases(reader), (expected, got) => {
    reader.problem('--base-image', expected, got);
  });
  return arch;
}

function listKnownBases(reader: OptionReader): readonly Base[] {
  const names = reader.text('baseImage').split(',');
  return [...new Set(names.flatMap((name) => findBase(name) ?? []))];
}

function readBaseReleases(reader: OptionReader): BaseReleases {
  return parseBaseReleases(reader.text('baseImageRelease'), listKnownBases(reader), (expected, got) => {
    reader.problem('--base-image-release', expected, got);
  });
}

/** Reads the ids of images that are given as words or as comma-separated lists. */
export function readImageIds(reader: OptionReader, name: string, option: string): readonly string[] {
  const ids = readWords(reader.raw(name));
  for (const id of ids) reader.checkId(id, option);
  return ids;
}

/** Reads values that are given as words or as comma-separated lists. */
export function readWords(given: unknown): readonly string[] {
  const words: readonly unknown[] = Array.isArray(given) ? given : [];
  return words
    .flatMap((word) => String(word).split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** The values of the options from which `configByHand` creates a run config. */
export interface HandConfig extends ValuesOf<typeof BUILD_CLOUD_OPTIONS> {
  readonly base: Base;
  readonly image?: Partial<Omit<ImageConfig, 'imageName'>>;
  readonly cloud: Partial<RunConfig['cloud']>;
  readonly externalService?: Partial<RunConfig['externalService']>;
}

/** Returns the run config for a command line. The image name in it is not used when the order names the image. */
export function configByHand(given: HandConfig): RunConfig {
  const { base, arch, prefix, cloudImagesUrl } = given;
  const baseRelease = given.baseReleases.get(base) ?? '';
  const none = { juju: '', microk8s: '', runnerVersion: '', scriptUrl: '', scriptDigest: '' } as const;
  return {
    image: new ImageConfig({ arch, base, baseRelease, prefix, ...none, ...given.image }),
    cloud: {
      ...{ buildCloud: '', buildFlavor: '', buildNetwork: '', floatingNetwork: '', resourcePrefix: prefix },
      ...{ sshCidrs: [], uploadClouds: [], numRevisions: 5 },
      ...given.cloud,
    },
    externalService: {
      ...{ dockerhubCache: '', proxy: '', cloudImagesUrl, runnerReleasesUrl: defaultRunnerReleasesUrl(arch) },
      sources: DEFAULT_SOURCES,
      ...given.externalService,
    },
  };
}
