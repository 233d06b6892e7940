import { type Writers, createProgram, runCommander } from './declare-commands.ts';
import type { Invocation } from './invocation.ts';

/** Ends the program after help or a usage error was printed. `exitCode` is 0 for help. */
export class CommandLineEnd extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('the command line ends here');
    this.exitCode = exitCode;
  }
}

/** Parses `argv` (without node and script). Throws CommandLineEnd after help or a usage error was printed. */
export function parseCommandLine(argv: readonly string[], writers: Writers, version: string): Invocation {
  let invocation: Invocation | undefined;
  const program = createProgram((parsed) => (invocation = parsed), writers, version);
  const exitCode = runCommander(program, argv);
  if (invocation === undefined || exitCode !== undefined) throw new CommandLineEnd(exitCode === 0 ? 0 : 2);
  return invocation;
}
