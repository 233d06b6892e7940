import { parseOwner } from '../../model/owner.ts';
import type { LogLevel } from '../../system/logger.ts';
import type { Invocation } from './invocation.ts';
import { readList, readDistribute, readPrune, readReleasesUrl, readRun } from './read-commands.ts';
import { OptionReader } from './read-options.ts';
import type { CommonOptions, Host, Request } from './request.ts';

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
  const logFormat = reader.text('logFormat');
  if (logFormat !== 'json' && logFormat !== 'text') reader.problem('--log-format', 'json or text', logFormat);
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
    logFormat: logFormat === 'json' ? 'json' : 'text',
    format: format === 'text' ? 'text' : 'json',
    owner: owner ?? nobody,
    isOwnerGiven: ownerText !== '',
    timeouts: reader.timeouts(),
    cloudImagesUrl: reader.url('cloudImagesUrl', '--cloud-images-url'),
    runnerReleasesUrl: readReleasesUrl(reader),
    sshPort: reader.port('sshPort', '--ssh-port (or IMAGE_BUILDER_SSH_PORT)', host.sshPort ?? '', 22),
  };
}

function readCommand(
  { command, args, options }: Invocation,
  reader: OptionReader,
  host: Host,
  common: CommonOptions,
): Request {
  const imageName = args[0] ?? '';
  const hasArgument = command !== 'init' && command !== 'list' && command !== 'sweep';
  if (hasArgument && imageName.trim() === '') reader.problem('the argument', 'a name or an id', '');
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
    case 'list':
      return { ...common, command, ...readList(options, reader) };
    case 'sweep':
      reader.name('prefix', '--prefix', 100); // it is the owner's application, when no owner is given
      return { ...common, command };
    case 'prune':
      return { ...common, command, imageName, ...readPrune(options, reader, common.isOwnerGiven) };
  }
}
