import type { RawOptions } from './commands/options/read-options.ts';

/** A parsed command line. */
export interface Invocation {
  /** The name of a command. */
  readonly command: string;
  readonly args: readonly string[];
  readonly options: RawOptions;
}
