import type { RawOptions } from './read-options.ts';

/** What the command line asks for. */
export interface Invocation {
  readonly command: 'init' | 'run' | 'distribute' | 'latest-build-id' | 'list' | 'prune' | 'sweep';
  readonly args: readonly string[];
  readonly options: RawOptions;
}
