import { type Arch, ARCHES, checkBases, defaultRunnerReleasesUrl, findArch } from '../../model/image/arch.ts';
import { type Channel, parseChannels } from '../../model/image/channel.ts';
import { BASE_SPELLINGS, type Base, findBase } from '../../model/image/base.ts';
import {
  type GuestContentOptions,
  type GuestOptionReader,
  type GuestSourceOptions,
  readDockerhubCache,
  readGuestContent,
  readGuestSources,
} from '../../model/guest/guest-options.ts';
import { parseImageProperties } from '../../model/image/image-properties.ts';
import { type BaseReleases, parseBaseReleases } from '../../model/image/base-releases.ts';
import type { AppChannel } from '../../builder/config.ts';
import type { BuildTimes, BuildWindow } from '../../model/unit/schedule.ts';
import type { Secret } from '../../model/secret.ts';
import { readCidrs } from '../../system/http/cidr.ts';
import { readOpenstackCa } from './certificates.ts';
import { ConfigInvalidError } from '../errors.ts';
import { type GithubOptions, readGithubOptions } from './github-options.ts';
import { OptionReader } from './option-reader.ts';
import { readAppChannel, readRenamed } from '../python-charm/former-options.ts';
import { readBuildTimes, readBuildWindow } from './schedule-options.ts';
import { type ConsumerRegions, parseConsumerRegions } from '../relations/consumer-regions.ts';

/** The output of `config-get`: a value for each option that is set or has a default. */
export type RawConfig = Readonly<Record<string, unknown>>;

/** The login to the build cloud. The password, or the application credential, is in a Juju secret. */
interface OpenstackOptions {
  readonly authUrl: string;
  /** Not used with an application credential, which determines user and project. */
  readonly projectDomainName: string;
  readonly projectName: string;
  readonly userDomainName: string;
  readonly userName: string;
  /** Empty when the cloud has a single region. */
  readonly region: string;
  /** The URI of the secret; empty when only the plain option is set. */
  readonly passwordSecret: string;
}

/** The parsed options of the charm. */
export interface CharmConfig {
  readonly appChannel: AppChannel;
  readonly openstack: OpenstackOptions;
  readonly consumerRegions: ConsumerRegions;
  /** PEM text of the certificate authorities to trust in clouds in addition to the system's; empty: none. */
  readonly openstackCa: string;
  readonly arch: Arch;
  /** In the operator's order; the first base makes the primary image. */
  readonly bases: readonly Base[];
  /** Without the empty channel, which always belongs to the matrix. */
  readonly jujuChannels: readonly Channel[];
  readonly microk8sChannels: readonly Channel[];
  /** URL of a Docker Hub cache that MicroK8s in the images uses; empty: none. */
  readonly dockerhubCache: string;
  readonly intervalHours: number;
  /** Undefined when images are due by age. */
  readonly buildTimes: BuildTimes | undefined;
  /** Undefined when scheduled builds start at any time. */
  readonly buildWindow: BuildWindow | undefined;
  /** Empty when the builder chooses the flavor. */
  readonly flavor: string;
  readonly network: string;
  /** Empty when servers are reached at their own addresses. */
  readonly floatingNetwork: string;
  /** The networks, in CIDR notation, that may reach the SSH port of servers, in addition to the unit itself. */
  readonly sshCidrs: readonly string[];
  readonly keepRevisions: number;
  /** Empty for the latest version. */
  readonly runnerVersion: string;
  readonly baseReleases: BaseReleases;
  /** A list that `parseImageProperties` returned; empty: none. */
  readonly imageProperties: string;
  readonly content: Omit<GuestContentOptions, 'keptProxy'>;
  readonly sources: GuestSourceOptions;
  /** Reports whether the model's proxy stays in the images. */
  readonly isProxyKept: boolean;
  readonly scriptUrl: Secret | undefined;
  /** The URI of the secret with the script's environment; empty when there is none. */
  readonly scriptSecret: string;
  readonly github: GithubOptions;
  readonly cloudImagesUrl: string;
  readonly runnerReleasesUrl: string;
  readonly maxParallelBuilds: number;
  readonly maxParallelObservations: number;
  /** The ports on the loopback; 0: none. */
  readonly metricsPort: number;
  readonly pagePort: number;
  /** The local networks, in CIDR notation, in which consumers' clouds may be. */
  readonly consumerLocalCidrs: readonly string[];
}

/**
 * Parses the charm's options. `machine` is the unit's own architecture, as `uname -m` prints it. Throws
 * ConfigInvalidError with all problems; an unknown word is a problem and never replaced by a default. The options of
 * user and project are required unless the login is an application credential.
 */
export function parseCharmConfig(raw: RawConfig, machine: string, isUserRequired = true): CharmConfig {
  const reader = new OptionReader(raw);
  const arch = readArch(reader, machine);
  const guestReader: GuestOptionReader = {
    text: (option) => reader.text(option),
    addProblem: (option, expected, got) => {
      reader.addProblem(option, expected, got);
    },
  };
  const config: CharmConfig = {
    appChannel: readAppChannel(reader),
    openstack: readOpenstack(reader, isUserRequired),
    consumerRegions: readConsumerRegions(reader),
    openstackCa: readOpenstackCa(reader),
    arch,
    bases: readBases(reader, arch),
    jujuChannels: readChannels(reader, 'juju-channels'),
    microk8sChannels: readChannels(reader, 'microk8s-channels'),
    dockerhubCache: readDockerhubCache(guestReader),
    intervalHours: reader.integer('build-interval', 1, 720),
    buildTimes: readBuildTimes(reader),
    buildWindow: readBuildWindow(reader),
    flavor: readRenamed(reader, 'build-flavor'),
    network: readRenamed(reader, 'build-network'),
    floatingNetwork: reader.text('build-floating-network'),
    sshCidrs: readNetworks(reader, 'builder-ssh-cidr'),
    keepRevisions: reader.integer('revision-history-limit', 2, 99),
    runnerVersion: readRunnerVersion(reader),
    baseReleases: readBaseReleases(reader),
    imageProperties: readImageProperties(reader),
    content: readGuestContent(guestReader),
    sources: readGuestSources(guestReader),
    isProxyKept: reader.flag('runner-proxy'),
    scriptUrl: reader.secretUrl('script-url'),
    scriptSecret: readScriptSecret(reader),
    github: readGithubOptions(reader),
    cloudImagesUrl: reader.publicUrl('cloud-images-url', reader.text('cloud-images-url')),
    runnerReleasesUrl: reader.publicUrl(
      'runner-releases-url',
      reader.text('runner-releases-url') || defaultRunnerReleasesUrl(arch),
    ),
    maxParallelBuilds: reader.integer('max-parallel-builds', 1, 16),
    maxParallelObservations: reader.integer('max-parallel-observations', 2, 16),
    metricsPort: reader.integer('metrics-port', 0, 65_535),
    pagePort: reader.integer('page-port', 0, 65_535),
    consumerLocalCidrs: readNetworks(reader, 'consumer-local-cidrs'),
  };
  if (reader.problems.length > 0) throw new ConfigInvalidError(reader.problems);
  return config;
}

function readOpenstack(reader: OptionReader, isUserRequired: boolean): OpenstackOptions {
  const authUrl = reader.required('openstack-auth-url');
  const isPlain = reader.secret('openstack-password') !== undefined;
  const passwordSecret = isPlain
    ? reader.text('openstack-password-secret')
    : reader.required('openstack-password-secret');
  const read = (option: string): string => (isUserRequired ? reader.required(option) : reader.text(option));
  return {
    authUrl: authUrl === '' ? '' : reader.publicUrl('openstack-auth-url', authUrl),
    passwordSecret: reader.secretUri('openstack-password-secret', passwordSecret),
    projectDomainName: read('openstack-project-domain-name'),
    projectName: read('openstack-project-name'),
    userDomainName: read('openstack-user-domain-name'),
    userName: read('openstack-user-name'),
    region: reader.text('openstack-region'),
  };
}

function readConsumerRegions(reader: OptionReader): ConsumerRegions {
  return parseConsumerRegions(reader.text('consumer-regions'), (expected, got) => {
    reader.addProblem('consumer-regions', expected, got);
  });
}

function readArch(reader: OptionReader, machine: string): Arch {
  const given = reader.text('architecture');
  const arch = findArch(given === '' ? machine : given);
  const words = `one of ${ARCHES.join(', ')}`;
  if (arch === undefined && given === '') {
    reader.addProblem(
      'architecture',
      `${words}, as the architecture of this machine is not supported`,
      machine,
    );
  } else if (arch === undefined) {
    reader.addProblem('architecture', words, given);
  }
  return arch ?? 'x64';
}

function readBases(reader: OptionReader, arch: Arch): readonly Base[] {
  const words = reader.text('base-image').split(',');
  const unknown = words.filter((word) => findBase(word) === undefined).map((word) => word.trim());
  if (unknown.length > 0) {
    const got = unknown.map((word) => (word === '' ? 'an empty word' : word)).join(', ');
    reader.addProblem('base-image', `a comma list of ${BASE_SPELLINGS.join(', ')}`, got);
  }
  const bases = [...new Set(words.flatMap((word) => findBase(word) ?? []))];
  checkBases(arch, bases, (expected, got) => {
    reader.addProblem('base-image', expected, got);
  });
  return bases;
}

function readChannels(reader: OptionReader, option: string): readonly Channel[] {
  return parseChannels(reader.text(option), (expected, got) => {
    reader.addProblem(option, expected, got);
  });
}

function readRunnerVersion(reader: OptionReader): string {
  const version = reader.text('runner-version');
  if (version !== '' && !/^\d+\.\d+\.\d+$/.test(version)) {
    reader.addProblem('runner-version', 'a version like 2.331.0', version);
  }
  return version;
}

function readBaseReleases(reader: OptionReader): BaseReleases {
  const bases = reader.text('base-image').split(',');
  return parseBaseReleases(
    reader.text('base-image-release'),
    bases.flatMap((word) => findBase(word) ?? []),
    (expected, got) => {
      reader.addProblem('base-image-release', expected, got);
    },
  );
}

function readNetworks(reader: OptionReader, option: string): readonly string[] {
  const { cidrs, problem } = readCidrs(reader.text(option));
  if (problem !== undefined) reader.addProblem(option, problem.expected, problem.got);
  return cidrs;
}

function readImageProperties(reader: OptionReader): string {
  return parseImageProperties(reader.text('image-properties'), (expected, got) => {
    reader.addProblem('image-properties', expected, got);
  });
}

function readScriptSecret(reader: OptionReader): string {
  const expected = 'script-url to be set too, as only a script receives the secret';
  const hasScript = reader.text('script-url') !== '';
  for (const option of ['script-secret-id', 'script-secret']) {
    if (reader.secret(option) !== undefined && !hasScript) reader.addProblem(option, expected, '');
  }
  return reader.secretUri('script-secret-id', reader.text('script-secret-id'));
}
