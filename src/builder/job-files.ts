import { access, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobKind } from '../model/built.ts';
import { type Decoder, anyString, decode, fields, list, oneOf, text } from '../model/decode.ts';
import { InputError } from '../model/errors.ts';
import { parseJsonText } from '../model/json-text.ts';
import type { UnitPaths } from '../model/unit-paths.ts';
import { readTextFile, writeFileAtomic } from '../system/files.ts';
import { listFolder } from '../system/folders.ts';
import { findJobProcesses } from './job-processes.ts';
import type { JobPlace } from './tools.ts';

/** Where a job's output goes. */
export interface JobFiles {
  readonly folder: string;
  /** What it was ordered to do. */
  readonly order: string;
  /** Its standard output: one JSON object, at its end. */
  readonly result: string;
  /** Its standard error: a JSON object in each line. */
  readonly progress: string;
  /** A mark: it has, or had, a process. */
  readonly started: string;
  /** A mark: its end is in the journal. */
  readonly settled: string;
}

/** How many jobs' output is kept. */
const KEPT_JOBS = 30;

export function jobFiles({ jobs }: UnitPaths, buildId: string): JobFiles {
  const folder = join(jobs, buildId);
  return {
    folder,
    order: join(folder, 'job.json'),
    result: join(folder, 'result.json'),
    progress: join(folder, 'progress.log'),
    started: join(folder, 'started'),
    settled: join(folder, 'settled'),
  };
}

/** What a job was ordered to do: job.json. */
export interface JobOrder {
  readonly kind: JobKind;
  readonly buildId: string;
  readonly subject: string;
  readonly cloudIds: readonly string[];
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}

const instant: Decoder<string> = (value, at, problems) => {
  const read = text(value, at, problems);
  if (read !== undefined && Number.isNaN(Date.parse(read))) problems.push(`${at}: expected a time`);
  return read;
};

const decoder: Decoder<JobOrder> = fields({
  kind: oneOf(['prepare', 'build', 'copy', 'prune']),
  buildId: text,
  subject: text,
  cloudIds: list(text),
  reason: anyString,
  startedAt: instant,
});

export async function writeJobOrder(order: JobOrder, files: JobFiles): Promise<void> {
  await writeFileAtomic(files.order, `${JSON.stringify(order)}\n`, 0o600);
}

/** Reads job.json; `undefined` when it is lost or cannot be understood. */
export async function findJobOrder(files: JobFiles): Promise<JobOrder | undefined> {
  const json = await readTextFile(files.order);
  if (json === undefined) return undefined;
  try {
    const value = parseJsonText(json, files.order);
    return decode(decoder, value, files.order, (problems) => new InputError(problems));
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/**
 * Deletes the output of old jobs whose ends are in the journal: the newest 30 stay, and all that run, begin, or have a
 * result that was not read. What cannot be deleted stops nothing; the first such failure is thrown at the end.
 */
export async function tidyJobs({ paths, orderer }: JobPlace): Promise<void> {
  const names = await listFolder(paths.jobs);
  if (names.length <= KEPT_JOBS) return;
  const settled = (await Promise.all(names.map((name) => findSettled(paths, name)))).flat();
  const old = settled.toSorted((one, other) => other.time - one.time).slice(KEPT_JOBS);
  if (old.length === 0) return;
  const running = new Set((await findJobProcesses({ paths, orderer })).map(({ buildId }) => buildId));
  const removals = await Promise.allSettled(
    old
      .filter(({ name }) => !running.has(name))
      .map(({ name }) => rm(join(paths.jobs, name), { recursive: true, force: true })),
  );
  const failed = removals.find((removal) => removal.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function findSettled(paths: UnitPaths, name: string) {
  try {
    const { folder, settled } = jobFiles(paths, name);
    await access(settled);
    return [{ name, time: (await stat(folder)).mtimeMs }];
  } catch {
    return []; // not settled, or no job's folder
  }
}
