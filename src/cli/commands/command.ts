import type { Timeouts } from '../../model/timeouts.ts';
import type { OptionReader } from './read-options.ts';
import type { Host, Request, Settings } from '../request.ts';

/** An option: what help says about it, and how its value is read. */
export interface Option<T> {
  readonly flags: string;
  readonly about: string;
  /** The text of the option when it is not given. */
  readonly otherwise?: string;
  readonly isHidden?: boolean;
  readonly read: (reader: OptionReader, host: Host) => T;
}

/** The options of a command or of a group, by the names of their values. */
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
  readonly name: string;
  readonly about: string;
  /** Like `<image-name>`. */
  readonly args?: readonly string[];
  readonly options: Options;
  /** The time-outs that have an option, besides `apiTimeout`. */
  readonly waits?: readonly (keyof Timeouts)[];
  /** Printed below the help. */
  readonly notes?: string;
  /** Reads a call; problems are left with the reader. */
  readonly parse: (call: Call) => Request;
}

type CommandSpec<O extends Options> = Omit<Command, 'parse'> & {
  readonly options: O;
  readonly toRequest: (values: ValuesOf<O>, call: Call) => Request;
};

/** Returns a command that reads its own options, and makes a request of them. */
export function defineCommand<O extends Options>({ toRequest, ...spec }: CommandSpec<O>): Command {
  return {
    ...spec,
    parse: (call) => toRequest(readOptions(spec.options, call.reader, call.host), call),
  };
}

/** Reads options, in their order. */
export function readOptions<O extends Options>(options: O, reader: OptionReader, host: Host): ValuesOf<O> {
  const values = Object.entries(options).map(([name, { read }]) => [name, read(reader, host)]);
  return Object.fromEntries(values) as ValuesOf<O>;
}

/** Reads the name or id that is a command's only argument. */
export function readArgument({ args, reader }: Call): string {
  const name = args[0] ?? '';
  if (name.trim() === '') reader.problem('the argument', 'a name or an id', '');
  reader.checkName(name, 'the argument', 180);
  return name;
}
