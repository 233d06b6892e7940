/** The settings of a systemd service, read from its unit file. */
export interface ServiceUnit {
  readonly name: string;
  readonly execStart: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly restart: 'no' | 'always' | 'on-failure';
  readonly restartMs: number;
  readonly killMode: 'control-group' | 'mixed' | 'process';
  readonly stopTimeoutMs: number;
  readonly umask: number;
  readonly wantedBy: readonly string[];
  /** At most `burst` starts within `intervalMs`. */
  readonly startLimit: { readonly burst: number; readonly intervalMs: number };
}

/** A unit file that systemd would refuse, or that contains a setting that this double does not support. */
export class UnitFileError extends Error {
  override readonly name = 'UnitFileError';
}

/** Settings that this double ignores. */
const WITHOUT_EFFECT = [
  ...['Description', 'Documentation', 'After', 'Before', 'Wants', 'SyslogIdentifier', 'Nice', 'OOMPolicy'],
  ...['StandardOutput', 'StandardError', 'NoNewPrivileges', 'PrivateTmp', 'ProtectHome', 'ProtectSystem'],
  ...['ProtectKernelModules', 'ProtectKernelTunables', 'ProtectControlGroups', 'CPUWeight', 'IOWeight'],
  ...['LockPersonality', 'ProtectClock', 'ProtectHostname', 'ProtectKernelLogs', 'RestrictAddressFamilies'],
  ...['RestrictNamespaces', 'RestrictRealtime', 'RestrictSUIDSGID', 'SystemCallArchitectures'],
];

type Settings = ReadonlyMap<string, readonly string[]>;

/** Parses the unit file of the service `name`. Throws UnitFileError. */
export function parseUnitFile(name: string, text: string): ServiceUnit {
  const settings = readSettings(text);
  const lastOf = (key: string, fallback: string): string => settings.get(key)?.at(-1) ?? fallback;
  const type = lastOf('Type', 'simple');
  if (type !== 'simple' && type !== 'exec') throw new UnitFileError(`Type=${type} is not supported`);
  const commands = settings.get('ExecStart') ?? [];
  const [command] = commands;
  if (command === undefined || commands.length > 1) throw new UnitFileError('expected one ExecStart=');
  const execStart = parseCommand(command, name);
  refuseUnknown(settings);
  return {
    name,
    execStart,
    environment: parseEnvironment(settings.get('Environment') ?? [], name),
    workingDirectory: expandSpecifiers(lastOf('WorkingDirectory', '/'), name),
    restart: oneOf('Restart', lastOf('Restart', 'no'), ['no', 'always', 'on-failure']),
    restartMs: parseSpan(lastOf('RestartSec', '100ms')),
    killMode: oneOf('KillMode', lastOf('KillMode', 'control-group'), ['control-group', 'mixed', 'process']),
    stopTimeoutMs: parseSpan(lastOf('TimeoutStopSec', '90')),
    umask: Number.parseInt(lastOf('UMask', '0022'), 8),
    wantedBy: (settings.get('WantedBy') ?? []).flatMap((each) => each.split(/\s+/)),
    startLimit: {
      burst: Number(lastOf('StartLimitBurst', '5')),
      intervalMs: parseSpan(lastOf('StartLimitIntervalSec', '10')),
    },
  };
}

function readSettings(text: string): Settings {
  const settings = new Map<string, string[]>();
  for (const line of text.replace(/\\\n/g, ' ').split('\n')) {
    const setting = line.trim();
    if (setting === '' || /^[#;[]/.test(setting)) continue;
    const at = setting.indexOf('=');
    if (at < 1) throw new UnitFileError(`expected Setting=value, got ${setting}`);
    const key = setting.slice(0, at).trim();
    settings.set(key, [...(settings.get(key) ?? []), setting.slice(at + 1).trim()]);
  }
  return settings;
}

const WITH_EFFECT = [
  ...['Type', 'ExecStart', 'Environment', 'WorkingDirectory', 'Restart', 'RestartSec', 'KillMode', 'UMask'],
  ...['TimeoutStopSec', 'WantedBy', 'StartLimitBurst', 'StartLimitIntervalSec'],
];

function refuseUnknown(settings: Settings): void {
  const unknown = [...settings.keys()].filter((key) => ![...WITH_EFFECT, ...WITHOUT_EFFECT].includes(key));
  if (unknown.length > 0) throw new UnitFileError(`${unknown.join(', ')}: not supported`);
}

function oneOf<const W extends string>(key: string, value: string, words: readonly W[]): W {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new UnitFileError(`${key}=${value} is not supported`);
  return found;
}

function parseCommand(text: string, name: string): readonly string[] {
  const [program, ...args] = splitWords(text, name);
  if (program?.startsWith('/') !== true)
    throw new UnitFileError(`ExecStart: the path is not absolute: ${text}`);
  return [program, ...args.map(expandDollars)];
}

/** Replaces `$$` by a dollar sign and refuses variables, which this double does not support. */
function expandDollars(word: string): string {
  if (/\$[A-Za-z_{]/.test(word.replaceAll('$$', ''))) throw new UnitFileError(`${word}: not supported`);
  return word.replaceAll('$$', '$');
}

function parseEnvironment(values: readonly string[], name: string): Readonly<Record<string, string>> {
  const words = values.flatMap((value) => splitWords(value, name));
  return Object.fromEntries(
    words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
}

/** Splits text into words with the quoting of systemd.syntax(7). */
function splitWords(text: string, name: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let index = 0; index < text.length; index += 1) {
    const letter = text.charAt(index);
    const isQuote = letter === '"' || letter === "'";
    if (letter === '\\') {
      index += 1;
      word = `${word ?? ''}${ESCAPES[text.charAt(index)] ?? text.charAt(index)}`;
    } else if (isQuote && (quote === '' || quote === letter)) {
      quote = quote === '' ? letter : '';
      word ??= '';
    } else if (quote === '' && /\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = `${word ?? ''}${letter}`;
  }
  if (quote !== '') throw new UnitFileError(`unbalanced quoting: ${text}`);
  return [...words, ...(word === undefined ? [] : [word])].map((each) => expandSpecifiers(each, name));
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', s: ' ' };

function expandSpecifiers(text: string, name: string): string {
  return text.replace(/%(.)/g, (all, letter: string) => {
    if (letter === '%') return '%';
    if (letter === 'n') return name;
    throw new UnitFileError(`specifier ${all} is not supported`);
  });
}

/** Converts a time span such as `5`, `5s`, `100ms` or `1min` to milliseconds. */
function parseSpan(text: string): number {
  const [, digits, unit = 's'] = /^(\d+)\s*(ms|s|sec|min)?$/.exec(text) ?? [];
  if (digits === undefined) throw new UnitFileError(`time span ${text} is not supported`);
  return Number(digits) * (unit === 'ms' ? 1 : unit === 'min' ? 60_000 : 1000);
}
