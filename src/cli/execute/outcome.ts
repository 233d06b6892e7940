import type { ResultLog } from '../../model/result/program-result-common.ts';

/** The outcome of a command, as JSON and as the text of the Python program. */
export interface Outcome {
  /** Returns the JSON text of the result: the answer of the command, then the log. */
  readonly encode: (log: ResultLog) => string;
  readonly text: string;
  /** The exit code of a complete result that is not a success. */
  readonly exitCode?: number;
}
