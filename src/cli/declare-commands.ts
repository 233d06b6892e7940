import { Command, CommanderError, Option } from 'commander';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../model/job/timeouts.ts';
import type { Command as CommandSpec, Options } from './commands/command.ts';
import { COMMANDS } from './commands/command-table.ts';
import type { Invocation } from './invocation.ts';
import { GLOBAL_OPTIONS } from './settings.ts';
import { WAITS } from './commands/waits.ts';

/** The outputs for help and usage errors. */
export interface Writers {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

type OnInvocation = (invocation: Invocation) => void;

/** Creates the program with its commands and options. `onInvocation` receives the parsed command line. */
export function createProgram(onInvocation: OnInvocation, writers: Writers, version: string): Command {
  const program = new Command('github-runner-image-builder')
    .description('Builds VM images of GitHub runners on OpenStack.')
    .version(version);
  addOptions(program, GLOBAL_OPTIONS);
  addWaits(program, ['apiTimeout']);
  for (const spec of COMMANDS) addCommand(program, spec, onInvocation);
  for (const command of listAll(program)) {
    command.exitOverride().configureOutput({ writeOut: writers.out, writeErr: hideValues(writers.err) });
    command.configureHelp({ showGlobalOptions: true, helpWidth: 100 });
  }
  return program;
}

/** Returns a command with all commands below it. */
function listAll(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(listAll)];
}

/** The descriptions of the commands that only have commands below them. */
const GROUPS: Readonly<Record<string, string>> = {
  projects: 'Projects of a cloud.',
  runner: 'Runners on images, to try an image.',
};

/** Returns the command that has the last word of `name` below it: the program itself, or a group. */
function findParent(program: Command, name: string): Command {
  const [group = '', last] = name.split(' ');
  if (last === undefined) return program;
  const found = program.commands.find((command) => command.name() === group);
  return found ?? program.command(group).description(GROUPS[group] ?? '');
}

/** Hides the value of a mistyped option, which may be a secret. */
function hideValues(write: Writers['err']): Writers['err'] {
  return (text) => {
    write(text.split('\n').map(hideValue).join('\n'));
  };
}

/** Parses `argv`. Returns the exit code when it ended with help or a usage error. */
export function runCommander(program: Command, argv: readonly string[]): number | undefined {
  try {
    program.parse(argv, { from: 'user' });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
}

function addCommand(program: Command, spec: CommandSpec, onInvocation: OnInvocation): void {
  const { name, about, args = [], options, waits = [], notes } = spec;
  const last = name.split(' ').at(-1) ?? name;
  const command = findParent(program, name).command(last).description(about);
  for (const argument of args) command.argument(argument);
  addOptions(command, options);
  addWaits(
    command,
    waits.filter((wait) => wait !== 'apiTimeout'),
  );
  if (notes !== undefined) command.addHelpText('after', notes);
  command.action(() => {
    onInvocation({ command: name, args: command.args, options: command.optsWithGlobals() });
  });
}

function addOptions(command: Command, options: Options): void {
  for (const { flags, about, defaultText } of Object.values(options)) {
    const option = new Option(flags, about);
    command.addOption(defaultText === undefined ? option : option.default(defaultText));
  }
}

function addWaits(command: Command, waits: readonly (keyof Timeouts)[]): void {
  for (const name of waits) {
    command.option(`${timeoutOption(name)} <seconds>`, `${WAITS[name]} (default: ${DEFAULT_TIMEOUTS[name]})`);
  }
}

function hideValue(line: string): string {
  const option = line.indexOf('--');
  const value = option === -1 ? -1 : line.indexOf('=', option);
  return value === -1 ? line : `${line.slice(0, value + 1)}…`;
}
