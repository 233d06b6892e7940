import type { Timeouts } from '../../model/job/timeouts.ts';
import type { OptionReader } from './options/read-options.ts';
import type { Host, Request, Settings } from '../request.ts';

/** An option: its help text and the function that reads its value. */
export interface Option<T> {
  readonly flags: string;
  readonly about: string;
  /** The text that is used when the option is not given. */
  readonly defaultText?: string;
  readonly read: (reader: OptionReader, host: Host) => T;
}

/** The options of a command or a group, by the names of their values. */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** The values of options. */
export type ValuesOf<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** A call of a command. */
export interface Call {
  readonly args: readonly string[];
  readonly reader: OptionReader;
  readonly host: Host;
  readonly settings: Settings;
}

/** A command of the program. */
export interface Command {
  /** One word, or the word of a group and a word: `projects list`. */
  readonly name: string;
  readonly about: string;
  /** The declared arguments, such as `<image-name>`. */
  readonly args?: readonly string[];
  readonly options: Options;
  /** The time-outs that have an option, in addition to `apiTimeout`. */
  readonly waits?: readonly (keyof Timeouts)[];
  /** A text that is printed below the help. */
  readonly notes?: string;
  /** Reads a call. The reader collects all problems. */
  readonly parse: (call: Call) => Request;
}

type CommandSpec<O extends Options> = Omit<Command, 'parse'> & {
  readonly options: O;
  readonly toRequest: (values: ValuesOf<O>, call: Call) => Request;
};

/** Returns a command that reads its options and turns them into a request. */
export function defineCommand<O extends Options>({ toRequest, ...spec }: CommandSpec<O>): Command {
  return {
    ...spec,
    parse: (call) => toRequest(readOptions(spec.options, call.reader, call.host), call),
  };
}

/** Reads options in their declared order. */
export function readOptions<O extends Options>(options: O, reader: OptionReader, host: Host): ValuesOf<O> {
  const values = Object.entries(options).map(([name, { read }]) => [name, read(reader, host)]);
  return Object.fromEntries(values) as ValuesOf<O>;
}

/** Reads the only argument of a command, a name or an id. */
export function readArgument({ args, reader }: Call): string {
  const name = args[0] ?? '';
  if (name.trim() === '') reader.problem('the argument', 'a name or an id', '');
  reader.checkName(name, 'the argument', 180);
  return name;
}
