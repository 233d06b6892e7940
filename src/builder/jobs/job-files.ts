import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../model/errors.ts';
import { type JobOrder, ORDER_FILE, encodeJobOrder, parseJobOrder } from '../../model/job/job-order.ts';
import type { UnitPaths } from '../../model/unit/unit-paths.ts';
import { readTextFile, writeFileAtomic } from '../../system/files/text-file.ts';

/** The files of one job. */
export interface JobFiles {
  readonly folder: string;
  /** The order; the program reads it from its working folder. */
  readonly order: string;
  /** The standard output of the job: one JSON object, written at the end. */
  readonly result: string;
  /** The standard error of the job: a JSON object on each line. */
  readonly progress: string;
  /** A mark: the job has or had a process. */
  readonly started: string;
  /** A mark: the job's end is in the journal. */
  readonly recorded: string;
  /** A mark: an action cancelled the job. */
  readonly cancelled: string;
}

export function jobFiles({ jobs }: UnitPaths, buildId: string): JobFiles {
  const folder = join(jobs, buildId);
  return {
    folder,
    order: join(folder, ORDER_FILE),
    result: join(folder, 'result.json'),
    progress: join(folder, 'progress.log'),
    started: join(folder, 'started'),
    recorded: join(folder, 'settled'),
    cancelled: join(folder, 'cancelled'),
  };
}

/** Creates the folder of a job, readable only by its user, and writes the order into it. */
export async function writeJobOrder(order: JobOrder, { folder, order: path }: JobFiles): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFileAtomic(path, encodeJobOrder(order), 0o600);
}

/** Reads the order of a job. Returns undefined when it is missing, damaged or that of another job. */
export async function findJobOrder(paths: UnitPaths, buildId: string): Promise<JobOrder | undefined> {
  const json = await readTextFile(jobFiles(paths, buildId).order);
  if (json === undefined) return undefined;
  try {
    const order = parseJobOrder(json);
    return order.id === buildId ? order : undefined;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
