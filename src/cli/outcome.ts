import type { ResultLog } from '../model/program-result-common.ts';

/** The outcome of a command, for machines and as the Python program printed it. */
export interface Outcome {
  /** Returns the JSON text of the result: the command's answer, then the log. */
  readonly encode: (log: ResultLog) => string;
  readonly text: string;
  /** The exit code of a result that is complete and yet no success. */
  readonly exitCode?: number;
}
