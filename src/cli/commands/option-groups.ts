import type { Arch } from '../../model/arch.ts';
import type { Base } from '../../model/base.ts';
import { ImageConfig, type RunConfig } from '../../model/run-config.ts';
import type { Option, Options, ValuesOf } from './command.ts';
import type { OptionReader } from './read-options.ts';

/** The options of the commands that make resources in the build cloud. */
export const PLACE = {
  arch: {
    flags: '--arch <arch>',
    about: 'arm64, x64, s390x, ppc64le or arm (default: the host’s)',
    read: (reader, host): Arch => reader.arch(host.arch),
  },
  prefix: prefixOption(),
  cloudImagesUrl: {
    flags: '--cloud-images-url <url>',
    about: 'where Ubuntu’s cloud images are',
    otherwise: 'https://cloud-images.ubuntu.com',
    read: (reader): string => reader.url('cloudImagesUrl', '--cloud-images-url'),
  },
} as const satisfies Options;

/** Where the GitHub runner's releases are unless an option says otherwise. */
export const RUNNER_RELEASES_URL = 'https://github.com/actions/runner/releases';

/** The prefix of resources; it also names the owner when no other is given. */
export function prefixOption(): Option<string> {
  return {
    flags: '--prefix <prefix>',
    about: 'what the names of resources begin with',
    read: (reader) => reader.name('prefix', '--prefix', 100),
  };
}

/** The clouds that get an image. */
export function uploadCloudsOption(about: string): Option<readonly string[]> {
  return {
    flags: '--upload-clouds <list>',
    about,
    read: (reader) => reader.names('uploadClouds', '--upload-clouds'),
  };
}

/** How another project of the same cloud gets an image. */
export const SHARE: Option<'copy' | 'share'> = {
  flags: '--share',
  about: 'another project of the same cloud gets a share in the image, not a copy',
  read: (reader) => {
    if (!reader.isSet('share')) return 'copy';
    if (reader.text('uploadClouds') === '') reader.problem('--share', '--upload-clouds with it', '');
    return 'share';
  },
};

/** Reads the number of revisions to keep; 5 when it is not given. */
export function readKeepRevisions(reader: OptionReader): number {
  return reader.wholeNumber('keepRevisions', '--keep-revisions', 1, 5);
}

/** Reads ids that are given as words or as comma lists. */
export function readIds(given: unknown): readonly string[] {
  const words: readonly unknown[] = Array.isArray(given) ? given : [];
  return words
    .flatMap((word) => String(word).split(','))
    .map((id) => id.trim())
    .filter((id) => id !== '');
}

/** The run config of a command by hand: its place, and what else the command has options for. */
export interface HandConfig extends ValuesOf<typeof PLACE> {
  readonly base: Base;
  readonly image?: Partial<Omit<ImageConfig, 'imageName'>>;
  readonly cloud: Partial<RunConfig['cloud']>;
  readonly externalService?: Partial<RunConfig['externalService']>;
}

/** Returns the run config of a command by hand. Its image name counts only where the order has none of its own. */
export function configByHand(given: HandConfig): RunConfig {
  const { base, arch, prefix, cloudImagesUrl } = given;
  const none = { juju: '', microk8s: '', runnerVersion: '', scriptUrl: '', scriptDigest: '' } as const;
  return {
    image: new ImageConfig({ arch, base, prefix, ...none, ...given.image }),
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
