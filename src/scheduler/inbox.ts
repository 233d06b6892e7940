import { access } from 'node:fs/promises';
import { type DesiredState, parseDesiredState } from '../model/desired-state.ts';
import { ProductError } from '../model/errors.ts';
import { type HostSecrets, parseHostSecrets } from '../model/host-secrets.ts';
import { type Schedule, parseSchedule } from '../model/schedule.ts';
import type { UnitPaths } from '../model/unit-paths.ts';
import { readTextFile } from '../system/files.ts';
import type { PlanInput } from './plan.ts';
import { proxyEnvironment } from './proxy-environment.ts';

/** What hooks have left for the daemon. */
export interface Inbox {
  /** Absent: there is none, or none that can be read. */
  readonly desired: DesiredState | undefined;
  readonly schedule: Schedule | undefined;
  readonly credentials: PlanInput['credentials'];
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
  const environment = secrets === undefined ? {} : proxyEnvironment(secrets.proxy);
  return { desired, schedule, credentials, environment, problems };
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
    if (!(error instanceof ProductError)) throw error;
    problems.push(`${path}: ${error.message}`);
    return undefined;
  }
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
