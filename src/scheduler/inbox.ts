import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import { type DesiredState, parseDesiredState } from '../model/unit/desired-state.ts';
import { ProductError } from '../model/errors.ts';
import { type HostSecrets, parseHostSecrets } from '../model/job/host-secrets.ts';
import { messageOf } from '../model/text/message-of.ts';
import { type BuildSchedule, parseSchedule } from '../model/unit/schedule.ts';
import type { UnitPaths } from '../model/unit/unit-paths.ts';
import { errorCodeOf } from '../system/error-code.ts';
import { readTextFile } from '../system/files/text-file.ts';
import type { PlanInput } from './plan/plan.ts';

const MAX_REASON_LENGTH = 300;

/** The files that the charm's hooks write for the daemon, decoded. */
export interface Inbox {
  /** Undefined when the file is missing or cannot be decoded. */
  readonly desired: DesiredState | undefined;
  readonly schedule: BuildSchedule | undefined;
  /** The reason, in one line, why the desired state or the schedule is missing. Undefined when both are present. */
  readonly waitReason: string | undefined;
  readonly credentials: PlanInput['credentials'];
  /** The generation of secrets.json. Undefined when the file is missing or cannot be decoded. */
  readonly credentialsGeneration: number | undefined;
  /** The problems of all files, for the log. */
  readonly problems: readonly string[];
}

/** Reads all files that hooks write. A file that cannot be decoded counts as missing and is listed in `problems`. */
export async function readInbox(paths: UnitPaths): Promise<Inbox> {
  const problems: string[] = [];
  const read = <T>(path: string, parse: (text: string) => T): Promise<T | undefined> =>
    readParsed(path, parse, problems);
  const desired = await read(paths.desired, parseDesiredState);
  const schedule = await read(paths.schedule, parseSchedule);
  const secrets = await read(paths.secrets, parseHostSecrets);
  for (const path of [paths.desired, paths.schedule, paths.secrets, paths.cloudsYaml]) {
    if (!(await exists(path))) problems.push(`${path}: the file does not exist; the charm's hooks write it`);
  }
  const credentials = await judgeCredentials(paths, desired, secrets);
  const waitReason = explainWait(problems, [paths.desired, paths.schedule]);
  const credentialsGeneration = secrets?.generation;
  return { desired, schedule, waitReason, credentials, credentialsGeneration, problems };
}

async function readParsed<T>(
  path: string,
  parse: (text: string) => T,
  problems: string[],
): Promise<T | undefined> {
  try {
    const text = await readTextFile(path);
    return text === undefined ? undefined : parse(text);
  } catch (error) {
    if (!(error instanceof ProductError) && errorCodeOf(error) === undefined) throw error;
    problems.push(`${path}: ${messageOf(error)}`);
    return undefined;
  }
}

/** Returns the problems of the named files on one line. Folders are left out, because operators read the line in a status. */
function explainWait(problems: readonly string[], paths: readonly string[]): string | undefined {
  const relevant = paths.flatMap((path) =>
    problems
      .filter((problem) => problem.startsWith(`${path}:`))
      .map((problem) => basename(path) + problem.slice(path.length).replace(/\s+/g, ' ')),
  );
  return relevant.length === 0
    ? undefined
    : `waiting for the charm: ${relevant.join('; ').slice(0, MAX_REASON_LENGTH)}`;
}

async function judgeCredentials(
  paths: UnitPaths,
  desired: DesiredState | undefined,
  secrets: HostSecrets | undefined,
): Promise<PlanInput['credentials']> {
  if (secrets === undefined || !(await exists(paths.cloudsYaml))) return 'missing';
  const required = desired?.credentialsGeneration ?? 0;
  return secrets.generation < required ? 'outdated' : 'ready';
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
