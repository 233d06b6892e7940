import { type Owner, parseOwner } from '../model/owner.ts';
import type { LogLevel } from '../system/log/logger.ts';
import { type Call, type Option, type Options, readOptions } from './commands/command.ts';
import type { OptionReader } from './commands/options/read-options.ts';
import type { CommonOptions, Host, Settings } from './request.ts';

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

const SETTINGS = {
  cloudName: {
    flags: '--os-cloud <name>',
    about: 'cloud of clouds.yaml (default: $OS_CLOUD, or else that of the OS_* variables, or else the first)',
    read: (reader, host): string => reader.text('osCloud') || (host.osCloud ?? ''),
  },
  logLevel: {
    flags: '--log-level <level>',
    about: 'log level: debug, info, warning or error',
    defaultText: 'info',
    read: readLogLevel,
  },
  format: {
    flags: '--format <format>',
    about:
      'format of stdout: json (one object) or text (for people, and as the Python program printed it); default: text on a terminal, json elsewhere',
    read: (reader, { isStdoutTerminal }) => {
      if (reader.isGiven('format')) return readFormat(reader, 'format', '--format') ?? 'json';
      return isStdoutTerminal ? 'text' : 'json';
    },
  },
  logFormat: {
    flags: '--log-format <format>',
    about: 'format of stderr: text or json (one object per line)',
    defaultText: 'text',
    read: (reader) => readFormat(reader, 'logFormat', '--log-format') ?? 'text',
  },
} as const satisfies Options;

const OWNER: Option<Pick<CommonOptions, 'owner' | 'isOwnerGiven'>> = {
  flags: '--owner <json>',
  about: 'owner of the created resources: {"application", "model_uuid", "unit", "build_id", "run_config"}',
  read: readGivenOwner,
};

/** The options of the program itself, which every command accepts. The command `job` has another form of --owner. */
export const GLOBAL_OPTIONS: Options = { ...SETTINGS, owner: OWNER };

/** Reads the settings of the program itself. */
export function readSettings(reader: OptionReader, host: Host): Settings {
  return readOptions(SETTINGS, reader, host);
}

/** Reads the owner of the resources that a command creates. */
export function readOwner({ reader, host }: Call): Pick<CommonOptions, 'owner' | 'isOwnerGiven'> {
  return OWNER.read(reader, host);
}

/** Reads the options of a command that is not a job. */
export function readCommon(call: Call): CommonOptions {
  const timeouts = call.reader.timeouts();
  const unused = { cloudImagesUrl: '', runnerReleasesUrl: '', sshPort: readSshPort(call.reader, call.host) };
  return { ...call.settings, ...readOwner(call), timeouts, ...unused };
}

/** Reads the port on which servers answer SSH. Commands without the option take it from the environment. */
export function readSshPort(reader: OptionReader, { sshPort }: Host): number {
  return reader.port('sshPort', '--ssh-port (or IMAGE_BUILDER_SSH_PORT)', sshPort ?? '', 22);
}

function readLogLevel(reader: OptionReader): LogLevel {
  const text = reader.text('logLevel');
  const level = LOG_LEVELS.get(text.toLowerCase());
  if (level === undefined) reader.problem('--log-level', 'debug, info, warning or error', text);
  return level ?? 'info';
}

function readFormat(reader: OptionReader, name: string, option: string): 'json' | 'text' | undefined {
  const text = reader.text(name);
  if (text === 'json' || text === 'text') return text;
  reader.problem(option, 'json or text', text);
  return undefined;
}

function readGivenOwner(reader: OptionReader, host: Host): Pick<CommonOptions, 'owner' | 'isOwnerGiven'> {
  const text = reader.text('owner');
  const fallback: Owner = {
    application: reader.text('prefix') || 'by-hand',
    modelUuid: '',
    unit: '',
    buildId: host.newBuildId,
  };
  if (text === '') return { owner: fallback, isOwnerGiven: false };
  const owner = reader.attempt(() => parseOwner(text, host.newBuildId));
  return { owner: owner ?? fallback, isOwnerGiven: true };
}
