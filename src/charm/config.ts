import { type Arch, ARCHES, findArch } from '../model/arch.ts';
import { BASE_SPELLINGS, type Base, findBase } from '../model/base.ts';
import { type BaseReleases, parseBaseReleases } from '../model/run-config.ts';
import type { Secret } from '../model/secret.ts';
import { ConfigInvalidError } from './errors.ts';
import { OptionReader } from './option-reader.ts';

/** The output of `config-get`: a value for each option that is set or has a default. */
export type RawConfig = Readonly<Record<string, unknown>>;

/** The login to the build cloud. The password is in a Juju secret. */
interface OpenstackOptions {
  readonly authUrl: string;
  readonly projectDomainName: string;
  readonly projectName: string;
  readonly userDomainName: string;
  readonly userName: string;
  /** Empty when the cloud has a single region. */
  readonly region: string;
  /** The URI of the secret. */
  readonly passwordSecret: string;
}

/** The parsed options of the charm. */
export interface CharmConfig {
  readonly openstack: OpenstackOptions;
  readonly arch: Arch;
  /** In the operator's order; the first base makes the primary image. */
  readonly bases: readonly Base[];
  readonly intervalHours: number;
  /** Empty when the builder chooses the flavor. */
  readonly flavor: string;
  readonly network: string;
  readonly keepRevisions: number;
  /** Empty for the latest version. */
  readonly runnerVersion: string;
  readonly baseReleases: BaseReleases;
  readonly scriptUrl: Secret | undefined;
  /** The URI of the secret with the script's environment; empty when there is none. */
  readonly scriptSecret: string;
  readonly cloudImagesUrl: string;
  readonly runnerReleasesUrl: string;
  readonly maxParallelBuilds: number;
}

/**
 * Parses the charm's options. `machine` is the unit's own architecture, as `uname -m` prints it. Throws
 * ConfigInvalidError with all problems; an unknown word is a problem and never replaced by a default.
 */
export function parseCharmConfig(raw: RawConfig, machine: string): CharmConfig {
  const reader = new OptionReader(raw);
  const config: CharmConfig = {
    openstack: readOpenstack(reader),
    arch: readArch(reader, machine),
    bases: readBases(reader),
    intervalHours: reader.integer('build-interval', 1, 24),
    flavor: reader.text('build-flavor'),
    network: reader.text('build-network'),
    keepRevisions: reader.integer('revision-history-limit', 2, 99),
    runnerVersion: readRunnerVersion(reader),
    baseReleases: readBaseReleases(reader),
    scriptUrl: reader.secretUrl('script-url'),
    scriptSecret: readScriptSecret(reader),
    cloudImagesUrl: reader.publicUrl('cloud-images-url', reader.text('cloud-images-url')),
    runnerReleasesUrl: reader.publicUrl('runner-releases-url', reader.text('runner-releases-url')),
    maxParallelBuilds: reader.integer('max-parallel-builds', 1, 16),
  };
  if (reader.problems.length > 0) throw new ConfigInvalidError(reader.problems);
  return config;
}

function readOpenstack(reader: OptionReader): OpenstackOptions {
  const authUrl = reader.required('openstack-auth-url');
  const passwordSecret = reader.required('openstack-password-secret');
  return {
    authUrl: authUrl === '' ? '' : reader.publicUrl('openstack-auth-url', authUrl),
    passwordSecret: reader.secretUri('openstack-password-secret', passwordSecret),
    projectDomainName: reader.required('openstack-project-domain-name'),
    projectName: reader.required('openstack-project-name'),
    userDomainName: reader.required('openstack-user-domain-name'),
    userName: reader.required('openstack-user-name'),
    region: reader.text('openstack-region'),
  };
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

function readBases(reader: OptionReader): readonly Base[] {
  const words = reader.text('base-image').split(',');
  const unknown = words.filter((word) => findBase(word) === undefined).map((word) => word.trim());
  if (unknown.length > 0) {
    const got = unknown.map((word) => (word === '' ? 'an empty word' : word)).join(', ');
    reader.addProblem('base-image', `a comma list of ${BASE_SPELLINGS.join(', ')}`, got);
  }
  return [...new Set(words.flatMap((word) => findBase(word) ?? []))];
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

function readScriptSecret(reader: OptionReader): string {
  const uri = reader.secretUri('script-secret-id', reader.text('script-secret-id'));
  if (uri !== '' && reader.text('script-url') === '') {
    reader.addProblem(
      'script-secret-id',
      'script-url to be set too, as only a script receives the secret',
      '',
    );
  }
  return uri;
}
