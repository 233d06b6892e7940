import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../model/errors.ts';
import { encodeJobArguments } from '../../model/job/job-arguments.ts';
import { type JobOrder, type WorkOrder } from '../../model/job/job-order.ts';
import { toOngoingJob } from '../../model/job/to-ongoing-job.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import type { DetachedProgram } from '../../system/process/command.ts';
import { type ProcessIdentity, findProcessIdentity } from '../../system/process/process-identity.ts';
import { throwIfAborted } from '../../system/wait.ts';
import { type JobFiles, jobFiles, writeJobOrder } from './job-files.ts';
import { findJobProcesses } from './job-processes.ts';
import { openJobSecrets } from './job-secrets.ts';
import { programEnvironment } from '../host/program-environment.ts';
import { PROGRAM_FILE, nodeOf, resolveCurrentProgram } from '../host/programs.ts';
import type { BuilderTools } from '../tools.ts';

/** A job that this daemon started or found running. */
export interface Job extends OngoingJob {
  /** Undefined when the job has ended. */
  readonly process: ProcessIdentity | undefined;
  /** Resolves when the job ends. Undefined when an earlier daemon started it. */
  readonly ended: Promise<void> | undefined;
}

/**
 * Starts a job, which outlives this process. Throws InputError when the job is already running or has no secrets, and
 * StaleSecretsError when the secrets changed after it was planned.
 */
export async function startJob(order: WorkOrder, tools: BuilderTools): Promise<Job> {
  throwIfAborted(tools.signal);
  const files = jobFiles(tools.paths, order.id);
  const secrets = await openJobSecrets(order, tools.paths);
  try {
    await clearJobFolder(files, order.id, tools);
    await writeJobOrder(order, files);
    const { pid, ended } = await launch(order, { files, secrets }, tools);
    return { ...toOngoingJob(order), process: findProcessIdentity(pid), ended };
  } finally {
    await secrets.close();
  }
}

/** Removes the files of an ended job with the same id, so that they are not mistaken for those of the new job. */
async function clearJobFolder({ folder }: JobFiles, buildId: string, tools: BuilderTools): Promise<void> {
  const running = await findJobProcesses(tools);
  if (running.some(({ job }) => job.buildId === buildId)) {
    throw new InputError([`build ${buildId} is already running`]);
  }
  await rm(folder, { recursive: true, force: true });
}

async function launch(
  order: WorkOrder,
  { files, secrets }: { readonly files: JobFiles; readonly secrets: FileHandle },
  tools: BuilderTools,
): Promise<DetachedProgram> {
  const handles: FileHandle[] = [];
  const openOutput = async (path: string): Promise<number> => {
    const handle = await open(path, 'w', 0o600);
    handles.push(handle);
    return handle.fd;
  };
  try {
    const [stdout, stderr] = [await openOutput(files.result), await openOutput(files.progress)];
    const descriptors = { stdout, stderr, inherited: [secrets.fd] };
    return tools.startDetached({ ...(await jobCommand(order, tools)), ...descriptors });
  } finally {
    for (const handle of handles) await handle.close();
  }
}

/** Returns the command that runs an order. The program reads the order from its working folder. */
export async function jobCommand(order: JobOrder, tools: Pick<BuilderTools, 'paths' | 'environment'>) {
  const program = await resolveCurrentProgram(tools.paths);
  return {
    file: await nodeOf(program),
    args: [join(program, PROGRAM_FILE), ...encodeJobArguments(order)],
    env: await programEnvironment(tools),
    cwd: jobFiles(tools.paths, order.id).folder,
  };
}
