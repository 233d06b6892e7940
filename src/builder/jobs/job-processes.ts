import { type NamedJob, encodeJobOwner, parseJobArguments } from '../../model/job-arguments.ts';
import { toOngoingJob } from '../../model/job-order.ts';
import type { OngoingJob } from '../../model/ongoing-job.ts';
import type { UnitPaths } from '../../model/unit-paths.ts';
import {
  type ProcessIdentity,
  findProcessIdentity,
  findProcessState,
} from '../../system/process/process-identity.ts';
import { type RunningProcess, isOwnUser, listProcesses } from '../../system/process/processes.ts';
import { findFormerJob, parseFormerArguments } from './former-jobs.ts';
import { findJobOrder } from './job-files.ts';
import { PROGRAM_FILE } from '../host/programs.ts';
import type { JobPlace } from '../tools.ts';

/** A running process of the program and its job. */
export interface JobProcess {
  readonly identity: ProcessIdentity;
  readonly job: OngoingJob;
}

/**
 * Lists the running jobs of this unit of this model. Any user of the host can start a process with the arguments of a
 * job, so a process counts only if it runs as our own user and its order exists.
 */
export async function findJobProcesses(place: JobPlace): Promise<readonly JobProcess[]> {
  const processes = await listProcesses();
  return (await Promise.all(processes.map((process) => findJobProcess(process, place)))).flat();
}

async function findJobProcess(
  { pid, args }: RunningProcess,
  { paths, orderer }: JobPlace,
): Promise<readonly JobProcess[]> {
  const named = parseProgramArguments(args, paths.programs);
  if (named?.owner !== encodeJobOwner(orderer)) return [];
  const identity = findProcessIdentity(pid);
  if (identity === undefined || findProcessState(identity) !== 'alive' || !(await isOwnUser(pid))) return [];
  const job = await findOrderedJob(paths, named.buildId);
  return job?.kind === named.kind ? [{ identity, job }] : [];
}

/** Parses a command line of any program in `programs`. Returns undefined when it names no job. */
export function parseProgramArguments(args: readonly string[], programs: string): NamedJob | undefined {
  const [, script = '', ...programArgs] = args;
  if (!script.startsWith(`${programs}/`) || !script.endsWith(`/${PROGRAM_FILE}`)) return undefined;
  return parseJobArguments(programArgs) ?? parseFormerArguments(programArgs);
}

/** Reads an ordered job. Returns undefined for an observation, and when the order is missing or damaged. */
export async function findOrderedJob(paths: UnitPaths, buildId: string): Promise<OngoingJob | undefined> {
  const order = await findJobOrder(paths, buildId);
  if (order === undefined) return findFormerJob(paths, buildId);
  return order.kind === 'list' ? undefined : toOngoingJob(order);
}
