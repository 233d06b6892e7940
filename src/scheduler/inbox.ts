import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import { type DesiredState, parseDesiredState } from '../model/desired-state.ts';
import { ProductError } from '../model/errors.ts';
import { type HostSecrets, parseHostSecrets } from '../model/host-secrets.ts';
import { messageOf } from '../model/message-of.ts';
import { type BuildSchedule, parseSchedule } from '../model/schedule.ts';
import type { UnitPaths } from '../model/unit-paths.ts';
import { errorCodeOf } from '../system/error-code.ts';
import { readTextFile } from '../system/files/text-file.ts';
import type { PlanInput } from './plan/plan.ts';
import { proxyEnvironment } from './jobs/proxy-environment.ts';

const LONGEST_TOLD = 300;

/** What hooks have left for the daemon. */
export interface Inbox {
  /** Absent: there is none, or none that can be read. */
  readonly desired: DesiredState | undefined;
  readonly schedule: BuildSchedule | undefined;
  /** Why there is no desired state or no schedule, in one line; absent: there are both. */
  readonly lacks: string | undefined;
  readonly credentials: PlanInput['credentials'];
  /** The generation of secrets.json; absent: there is none that can be read. */
  readonly credentialsGeneration: number | undefined;
  /** What jobs get of secrets.json in their environment: the proxies. */
  readonly environment: Readonly<Record<string, string>>;
  /** What is wrong with it, for the log. */
  readonly problems: readonly string[];
}

/** Reads all that hooks have left. What is broken counts as not there, and is told. */
export async function readInbox(paths: UnitPaths): Promise<Inbox> {
  const problems: string[] = [];
  const read = <T>(path: string, parse: (text: string) => T): Promise<T | undefined> =>
    readParsed(path, parse, problems);
  const desired = await read(paths.desired, parseDesiredState);
  const schedule = await read(paths.schedule, parseSchedule);
  const secrets = await read(paths.secrets, parseHostSecrets);
  for (const path of [paths.desired, paths.schedule, paths.secrets, paths.cloudsYaml]) {
    if (!(await isThere(path))) problems.push(`${path}: not there; hooks of the charm write it`);
  }
  const credentials = await judgeCredentials(paths, desired, secrets);
  const lacks = explainLack(problems, [paths.desired, paths.schedule]);
  const credentialsGeneration = secrets?.generation;
  const environment = secrets === undefined ? {} : proxyEnvironment(secrets.proxy);
  return { desired, schedule, lacks, credentials, credentialsGeneration, environment, problems };
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

/** What cannot be planned from is shown to the operator, without the folders. */
function explainLack(problems: readonly string[], paths: readonly string[]): string | undefined {
  const told = paths.flatMap((path) =>
    problems
      .filter((problem) => problem.startsWith(`${path}:`))
      .map((problem) => basename(path) + problem.slice(path.length).replace(/\s+/g, ' ')),
  );
  return told.length === 0 ? undefined : `waiting for the charm: ${told.join('; ').slice(0, LONGEST_TOLD)}`;
}

async function judgeCredentials(
  paths: UnitPaths,
  desired: DesiredState | undefined,
  secrets: HostSecrets | undefined,
): Promise<PlanInput['credentials']> {
  if (secrets === undefined || !(await isThere(paths.cloudsYaml))) return 'missing';
  const wanted = desired?.credentialsGeneration ?? 0;
  return secrets.generation < wanted ? 'outdated' : 'ready';
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
