import type { Arch } from '../../model/arch.ts';
import type { Base } from '../../model/base.ts';
import { type Owner, parseOwner } from '../../model/owner.ts';
import type { Timeouts } from '../../model/timeouts.ts';
import type { CloudConfig, ImageConfig } from '../../image-builder/config.ts';
import type { LogLevel } from '../../system/logger.ts';
import type { Invocation } from './command-line.ts';
import { OptionReader } from './read-options.ts';

/** What every command has. */
export interface CommonOptions {
  /** Empty: to be determined. */
  readonly cloudName: string;
  readonly logLevel: LogLevel;
  readonly format: 'json' | 'text';
  readonly owner: Owner;
  /** Was --owner given? Then only its revisions count. */
  readonly isOwnerGiven: boolean;
  readonly timeouts: Timeouts;
  readonly cloudImagesUrl: string;
  readonly runnerReleasesUrl: string;
}

/** A command line, understood. */
export type Request = CommonOptions &
  (
    | {
        readonly command: 'init';
        readonly arch: Arch;
        readonly bases: readonly Base[];
        readonly prefix: string;
      }
    | {
        readonly command: 'run';
        /** Its cloud name is that of the common options, determined. */
        readonly cloud: Omit<CloudConfig, 'cloudName'>;
        readonly image: ImageConfig;
        readonly keepRevisions: number;
      }
    | {
        readonly command: 'distribute';
        readonly imageId: string;
        readonly destinations: readonly string[];
        readonly within: 'copy' | 'share';
        /** `undefined`: nothing is pruned. */
        readonly keepRevisions: number | undefined;
      }
    | { readonly command: 'latest-build-id'; readonly imageName: string; readonly which: 'active' | 'any' }
    | {
        readonly command: 'prune';
        readonly imageName: string;
        readonly keepRevisions: number;
        readonly protectedIds: readonly string[];
        readonly isDryRun: boolean;
      }
  );

/** What a request depends on beside the command line. */
export interface Host {
  readonly arch: string;
  readonly osCloud: string | undefined;
  /** IMAGE_BUILDER_SCRIPT_URL. */
  readonly scriptUrl: string | undefined;
  readonly newBuildId: string;
}

const LOG_LEVELS: ReadonlyMap<string, LogLevel> = new Map([
  ['10', 'debug'],
  ['20', 'info'],
  ['30', 'warning'],
  ['40', 'error'],
  ['debug', 'debug'],
  ['info', 'info'],
  ['warning', 'warning'],
  ['error', 'error'],
]);

/** Understands an invocation. Throws InputError with all its problems. */
export function parseRequest(invocation: Invocation, host: Host): Request {
  const reader = new OptionReader(invocation.options);
  const common = readCommon(reader, host);
  const request = readCommand(invocation, reader, host, common);
  reader.done();
  return request;
}

function readCommon(reader: OptionReader, host: Host): CommonOptions {
  const levelText = reader.text('logLevel');
  const logLevel = LOG_LEVELS.get(levelText.toLowerCase());
  if (logLevel === undefined) reader.problem('--log-level', 'debug, info, warning or error', levelText);
  const format = reader.text('format');
  if (format !== 'json' && format !== 'text') reader.problem('--format', 'json or text', format);
  const ownerText = reader.text('owner');
  const nobody = {
    application: reader.text('prefix') || 'by-hand',
    modelUuid: '',
    unit: '',
    buildId: host.newBuildId,
  };
  const owner = ownerText === '' ? nobody : reader.attempt(() => parseOwner(ownerText, host.newBuildId));
  return {
    cloudName: reader.text('osCloud') || (host.osCloud ?? ''),
    logLevel: logLevel ?? 'info',
    format: format === 'text' ? 'text' : 'json',
    owner: owner ?? nobody,
    isOwnerGiven: ownerText !== '',
    timeouts: reader.timeouts(),
    cloudImagesUrl: reader.url('cloudImagesUrl', '--cloud-images-url'),
    runnerReleasesUrl: readReleasesUrl(reader),
  };
}

/** The guest downloads from it: a password in it would be in the image. */
function readReleasesUrl(reader: OptionReader): string {
  const url = reader.url('runnerReleasesUrl', '--runner-releases-url');
  if (url === '') return url;
  const { username, password, search } = new URL(url);
  if (username !== '' || password !== '' || search !== '') {
    reader.problem('--runner-releases-url', 'a URL without user, password and query', 'one with them');
  }
  return url;
}

function readCommand(
  { command, args, options }: Invocation,
  reader: OptionReader,
  host: Host,
  common: CommonOptions,
): Request {
  const imageName = args[0] ?? '';
  if (command !== 'init' && imageName.trim() === '') reader.problem('the argument', 'a name or an id', '');
  reader.checkName(imageName, 'the argument', 180);
  switch (command) {
    case 'init':
      return {
        ...common,
        command,
        arch: reader.arch(host.arch),
        bases: reader.bases(),
        prefix: reader.name('prefix', '--prefix', 100),
      };
    case 'run':
      return { ...common, command, ...readRun(imageName, reader, host) };
    case 'distribute':
      return { ...common, command, ...readDistribute(imageName, reader) };
    case 'latest-build-id':
      return { ...common, command, imageName, which: reader.isSet('anyStatus') ? 'any' : 'active' };
    case 'prune':
      return {
        ...common,
        command,
        imageName,
        keepRevisions: reader.wholeNumber('keepRevisions', '--keep-revisions', 1, 5),
        protectedIds: readIds(options['protect']),
        isDryRun: reader.isSet('dryRun'),
      };
  }
}

function readIds(given: unknown): readonly string[] {
  const words: readonly unknown[] = Array.isArray(given) ? given : [];
  return words.flatMap((word) => String(word).split(',')).filter((id) => id !== '');
}

function readDistribute(imageId: string, reader: OptionReader) {
  const destinations = reader.names('uploadClouds', '--upload-clouds');
  if (destinations.length === 0) reader.problem('--upload-clouds', 'at least one cloud of clouds.yaml', '');
  const isPruning = reader.text('keepRevisions') !== '';
  const keep = reader.wholeNumber('keepRevisions', '--keep-revisions', 1, 5);
  const within = readShare(reader);
  return { imageId, destinations, within, keepRevisions: isPruning ? keep : undefined };
}

function readShare(reader: OptionReader): 'copy' | 'share' {
  if (!reader.isSet('share')) return 'copy';
  if (reader.text('uploadClouds') === '') reader.problem('--share', '--upload-clouds with it', '');
  return 'share';
}

function readRun(name: string, reader: OptionReader, host: Host) {
  reader.notYet('juju', '--juju');
  reader.notYet('microk8s', '--microk8s');
  reader.notYet('dockerhubCache', '--dockerhub-cache');
  reader.notYet('proxy', '--proxy');
  return {
    cloud: {
      dockerhubCache: undefined,
      flavor: reader.text('flavor'),
      network: reader.text('network'),
      prefix: reader.name('prefix', '--prefix', 100),
      proxy: '',
      uploadCloudNames: reader.names('uploadClouds', '--upload-clouds'),
      withinCloud: readShare(reader),
    },
    image: {
      arch: reader.arch(host.arch),
      base: reader.base(),
      juju: '',
      microk8s: '',
      runnerVersion: reader.version('runnerVersion', '--runner-version'),
      scriptUrl: reader.url('scriptUrl', '--script-url (or IMAGE_BUILDER_SCRIPT_URL)', host.scriptUrl),
      name,
    },
    keepRevisions: reader.wholeNumber('keepRevisions', '--keep-revisions', 1, 5),
  };
}
