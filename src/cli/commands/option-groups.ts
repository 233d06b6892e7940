import type { Arch } from '../../model/arch.ts';
import { type Base, findBase } from '../../model/base.ts';
import { type BaseReleases, ImageConfig, type RunConfig, parseBaseReleases } from '../../model/run-config.ts';
import type { Option, Options, ValuesOf } from './command.ts';
import type { OptionReader } from './read-options.ts';

/** The options of the commands that create resources in the build cloud. */
export const BUILD_CLOUD_OPTIONS = {
  arch: {
    flags: '--arch <arch>',
    about: 'architecture: arm64, x64, s390x, ppc64le or arm (default: that of the host)',
    read: (reader, host): Arch => reader.arch(host.arch),
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

/** The default URL of the releases of the GitHub runner. */
export const RUNNER_RELEASES_URL = 'https://github.com/actions/runner/releases';

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

function readBaseReleases(reader: OptionReader): BaseReleases {
  const bases = reader.text('baseImage').split(',');
  return parseBaseReleases(
    reader.text('baseImageRelease'),
    bases.flatMap((name) => findBase(name) ?? []),
    (expected, got) => {
      reader.problem('--base-image-release', expected, got);
    },
  );
}

/** Reads ids that are given as words or as comma-separated lists. */
export function readIds(given: unknown): readonly string[] {
  const words: readonly unknown[] = Array.isArray(given) ? given : [];
  return words
    .flatMap((word) => String(word).split(','))
    .map((id) => id.trim())
    .filter((id) => id !== '');
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
      ...{ buildCloud: '', buildFlavor: '', buildNetwork: '', resourcePrefix: prefix },
      ...{ uploadClouds: [], numRevisions: 5 },
      ...given.cloud,
    },
    externalService: {
      ...{ dockerhubCache: '', proxy: '', cloudImagesUrl, runnerReleasesUrl: RUNNER_RELEASES_URL },
      ...given.externalService,
    },
  };
}
