import type { Json } from './result.ts';

/** What a command gives: for machines, and as the Python program printed it. */
export interface Outcome {
  readonly json: Json;
  readonly text: string;
  /** The program's, where an outcome that is told in full is not a success. */
  readonly exitCode?: number;
}
