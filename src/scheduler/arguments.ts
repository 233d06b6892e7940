import { parseArgs } from 'node:util';
import { InputError } from '../model/errors.ts';
import { messageOf } from '../model/text/message-of.ts';

/** A parsed command line of the scheduler. */
export type Arguments =
  | { readonly command: 'help' }
  | (Common & {
      readonly command: 'daemon';
      readonly foreground: boolean;
      /** The seconds between two ticks. Undefined when node-cron provides the ticks. */
      readonly tickSeconds: number | undefined;
    })
  | (Common & { readonly command: 'plan'; readonly format: 'text' | 'json' })
  | (Common & { readonly command: 'page' })
  | (Common & { readonly command: 'finish-removal' });

interface Common {
  readonly unit: string;
  readonly root: string;
  readonly clockOffsetHours: number;
}

export const USAGE = `Keeps the images of one Juju unit fresh.

Usage:
  scheduler --unit app/0 [options]         run until SIGTERM or SIGINT; running jobs continue
  scheduler plan --unit app/0 [options]    print what would be done now and why, and change nothing
  scheduler page --unit app/0 [options]    print the status page, one HTML file without scripts
  scheduler finish-removal --unit app/0    wait for the last jobs of a removed unit and delete its folder; the remove
                                           hook starts it

Options:
  --unit NAME              the Juju unit
  --root FOLDER            the root of the unit's files (default: /)
  --foreground             log to the terminal as text instead of JSON lines
  --tick-seconds N         reconcile every N seconds (default: at every fifth minute of the clock)
  --clock-offset-hours N   for rehearsals: move the clock N hours ahead (--clock-offset-hours=-N: back)
  --format text|json       the output format of plan (default: text)
  --help                   print this text

Exit codes: 0 success, 1 a bug, 2 invalid options or files, 4 another scheduler of the unit is running.
`;

const OPTIONS = {
  unit: { type: 'string' },
  root: { type: 'string' },
  foreground: { type: 'boolean' },
  'tick-seconds': { type: 'string' },
  'clock-offset-hours': { type: 'string' },
  format: { type: 'string' },
  help: { type: 'boolean' },
} as const;

const DAEMON_OPTIONS = ['foreground', 'tick-seconds'] as const;
const PLAN_OPTIONS = ['format'] as const;
const INVALID_OPTIONS = new Map<string, readonly (keyof typeof OPTIONS)[]>([
  ['plan', DAEMON_OPTIONS],
  ['page', [...DAEMON_OPTIONS, ...PLAN_OPTIONS]],
  ['finish-removal', [...DAEMON_OPTIONS, ...PLAN_OPTIONS]],
]);

/** Parses `argv` (without node and script). Throws InputError with all problems at once. */
export function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parse(argv);
  if (values.help === true) return { command: 'help' };
  const [command = 'daemon', ...surplus] = positionals;
  const problems: string[] = [];
  const isKnown = positionals.length === 0 || INVALID_OPTIONS.has(command);
  if (!isKnown || surplus.length > 0) {
    problems.push(`expected plan, page, finish-removal or no command, got ${positionals.join(' ')}`);
  }
  const invalid = INVALID_OPTIONS.get(command) ?? PLAN_OPTIONS;
  for (const name of invalid) {
    if (values[name] !== undefined) problems.push(`--${name}: not an option of this command`);
  }
  const common = {
    unit: readUnit(values.unit, problems),
    root: values.root ?? '/',
    clockOffsetHours: readNumber('clock-offset-hours', values['clock-offset-hours'], problems) ?? 0,
  };
  const tickSeconds = readNumber('tick-seconds', values['tick-seconds'], problems);
  if (tickSeconds !== undefined && tickSeconds <= 0) problems.push('--tick-seconds: expected more than 0');
  const format = values.format ?? 'text';
  if (format !== 'text' && format !== 'json') problems.push(`--format: expected text or json, got ${format}`);
  if (problems.length > 0) throw new InputError(problems);
  if (command === 'finish-removal') return { ...common, command };
  if (command === 'plan') return { ...common, command, format: format === 'json' ? 'json' : 'text' };
  if (command === 'page') return { ...common, command };
  return { ...common, command: 'daemon', foreground: values.foreground ?? false, tickSeconds };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    throw new InputError([messageOf(cause)], { cause });
  }
}

function readUnit(unit: string | undefined, problems: string[]): string {
  if (unit === undefined) problems.push('--unit: expected a unit such as app/0, got nothing');
  else if (!/^[a-z][a-z0-9-]*\/\d+$/.test(unit)) {
    problems.push(`--unit: expected a unit such as app/0, got ${unit}`);
  }
  return unit ?? '';
}

function readNumber(name: string, text: string | undefined, problems: string[]): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) {
    problems.push(`--${name}: expected a number, got ${text}`);
    return undefined;
  }
  return value;
}
