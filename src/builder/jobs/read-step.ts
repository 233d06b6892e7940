import { lastStepOf } from '../../model/job/progress-lines.ts';
import { readFileTail } from '../../system/files/file-tail.ts';
import { jobFiles } from './job-files.ts';
import type { BuilderTools } from '../tools.ts';

/** More than the output of a few steps. */
export const TAIL_BYTES = 256 * 1024;

/** Returns the current step of a job; empty before the first step. */
export async function readStep(buildId: string, { paths }: Pick<BuilderTools, 'paths'>): Promise<string> {
  return lastStepOf(await readFileTail(jobFiles(paths, buildId).progress, TAIL_BYTES));
}
