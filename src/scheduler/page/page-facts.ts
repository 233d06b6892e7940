import { type PastJob, listPastJobs, readSteps } from '../../builder/jobs/past-jobs.ts';
import { type Built, parseBuilt } from '../../model/unit/built.ts';
import { nameConsumers } from '../../model/unit/consumer-names.ts';
import type { Clock } from '../../model/clock.ts';
import type { DesiredState } from '../../model/unit/desired-state.ts';
import { InputError } from '../../model/errors.ts';
import { messageOf } from '../../model/text/message-of.ts';
import type { JobStep } from '../../model/job/progress-lines.ts';
import type { UnitPaths } from '../../model/unit/unit-paths.ts';
import { readTextFile } from '../../system/files/text-file.ts';
import { readInbox } from '../inbox.ts';
import type { EndedBuild } from '../journal/journal.ts';
import { parseJournal } from '../journal/parse-journal.ts';

/** A job that runs, with its steps so far. */
export interface PageJob extends PastJob {
  readonly steps: readonly JobStep[];
}

/** The facts that the status page shows: those that the actions of the charm read, and the journal's history. */
export interface PageFacts {
  readonly unit: string;
  readonly version: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** The files that cannot be used. */
  readonly problems: readonly string[];
  readonly desired: DesiredState | undefined;
  readonly built: Built | undefined;
  readonly running: readonly PageJob[];
  /** The newest first. */
  readonly ended: readonly PastJob[];
  /** The newest last. */
  readonly history: readonly EndedBuild[];
  /** The names of consumers by the keys of their clouds. */
  readonly consumerNames: ReadonlyMap<string, string>;
}

/** The parts that the page is made from. */
export interface PageParts {
  readonly version: string;
  readonly unit: string;
  readonly paths: UnitPaths;
  readonly clock: Clock;
}

/** Reads the facts from the files of the unit. A file that is missing or cannot be decoded is a problem on the page. */
export async function readPageFacts({ version, unit, paths, clock }: PageParts): Promise<PageFacts> {
  const { desired, problems } = await readInbox(paths);
  const { built, problem } = await readBuilt(paths);
  const jobs = desired === undefined ? [] : await listPastJobs({ paths, orderer: desired });
  const running = await Promise.all(
    jobs
      .filter(({ end }) => end === undefined)
      .map(async (past) => ({ ...past, steps: await readSteps(past.job.buildId, { paths }) })),
  );
  return {
    ...{ unit, version, now: clock.now(), desired, built, running },
    problems: [...problems, ...problem],
    ended: jobs.filter(({ end }) => end !== undefined),
    history: parseJournal(await readTextFile(paths.journal)).journal.history,
    consumerNames: nameConsumers(desired?.consumers ?? []),
  };
}

async function readBuilt({ built: path }: UnitPaths) {
  const text = await readTextFile(path);
  try {
    return { built: text === undefined ? undefined : parseBuilt(text), problem: [] };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { built: undefined, problem: [`${path}: ${messageOf(error)}`] };
  }
}
