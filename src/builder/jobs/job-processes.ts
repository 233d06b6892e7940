import { type NamedJob, encodeJobOwner, parseJobArguments } from '../../model/job/job-arguments.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import { toOngoingJob } from '../../model/job/to-ongoing-job.ts';
import type { UnitPaths } from '../../model/unit/unit-paths.ts';
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

/** Lists the processes that observe clouds for this unit of this model. */
export async function findObservationProcesses(place: JobPlace): Promise<readonly ProcessIdentity[]> {
  const found = await Promise.all((await listProcesses()).map((process) => findOwnProcess(process, place)));
  return found.flatMap((own) => (own?.named.kind === 'list' ? [own.identity] : []));
}

async function findJobProcess(process: RunningProcess, place: JobPlace): Promise<readonly JobProcess[]> {
  const own = await findOwnProcess(process, place);
  if (own === undefined) return [];
  const { identity, named } = own;
  const job = await findOrderedJob(place.paths, named.buildId);
  return job?.kind === named.kind ? [{ identity, job }] : [];
}

async function findOwnProcess({ pid, args }: RunningProcess, { paths, orderer }: JobPlace) {
  const named = parseProgramArguments(args, paths.programs);
  if (named?.owner !== encodeJobOwner(orderer)) return undefined;
  const identity = findProcessIdentity(pid);
  if (identity === undefined || findProcessState(identity) !== 'alive') return undefined;
  return (await isOwnUser(pid)) ? { identity, named } : undefined;
}

/**
 * Parses a command line of any program in `programs`, also that of a systemd-run which is about to become it. Returns
 * undefined when it names no job.
 */
export function parseProgramArguments(args: readonly string[], programs: string): NamedJob | undefined {
  const [, script = '', ...programArgs] = args.slice(args.indexOf('--') + 1);
  if (!script.startsWith(`${programs}/`) || !script.endsWith(`/${PROGRAM_FILE}`)) return undefined;
  return parseJobArguments(programArgs) ?? parseFormerArguments(programArgs);
}

/** Reads an ordered job. Returns undefined for an observation, and when the order is missing or damaged. */
export async function findOrderedJob(paths: UnitPaths, buildId: string): Promise<OngoingJob | undefined> {
  const order = await findJobOrder(paths, buildId);
  if (order === undefined) return findFormerJob(paths, buildId);
  return order.kind === 'list' ? undefined : toOngoingJob(order);
}
