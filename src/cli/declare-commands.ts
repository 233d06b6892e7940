import { Command, CommanderError, Option } from 'commander';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../model/timeouts.ts';
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
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: writers.out, writeErr: hideValues(writers.err) });
    command.configureHelp({ showGlobalOptions: true, helpWidth: 100 });
  }
  return program;
}

/** Hides the value of a mistyped option, which may be a secret. */
function hideValues(write: Writers['err']): Writers['err'] {
  return (text) => {
    write(text.replace(/(--[\w-]+)=[^\n]*/g, '$1=…'));
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
  const command = program.command(name).description(about);
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
  for (const { flags, about, defaultText, isHidden = false } of Object.values(options)) {
    const option = new Option(flags, about).hideHelp(isHidden);
    command.addOption(defaultText === undefined ? option : option.default(defaultText));
  }
}

function addWaits(command: Command, waits: readonly (keyof Timeouts)[]): void {
  for (const name of waits) {
    command.option(`${timeoutOption(name)} <seconds>`, `${WAITS[name]} (default: ${DEFAULT_TIMEOUTS[name]})`);
  }
}
