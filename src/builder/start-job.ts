import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../model/errors.ts';
import { parseHostSecrets } from '../model/host-secrets.ts';
import type { OngoingJob } from '../model/ongoing-job.ts';
import type { Secret } from '../model/secret.ts';
import { readTextFile } from '../system/files.ts';
import { type ProcessIdentity, findProcessIdentity } from '../system/process-id.ts';
import { throwIfAborted } from '../system/wait.ts';
import type { JobOwner } from './command-lines.ts';
import { StaleSecretsError } from './errors.ts';
import { type JobFiles, jobFiles, writeJobOrder } from './job-files.ts';
import { findJobProcesses } from './job-processes.ts';
import { programEnvironment } from './program-environment.ts';
import { PROGRAM_FILE, nodeOf, resolveCurrentProgram } from './programs.ts';
import type { BuilderTools } from './tools.ts';

/** What to start. */
export interface JobSpec extends Omit<OngoingJob, 'buildId' | 'startedAt'> {
  /** `undefined`: a new one. */
  readonly buildId: string | undefined;
  /** The program's arguments. */
  readonly render: (owner: JobOwner) => readonly string[];
  /** Whether it is given secrets.json, and which. */
  readonly secrets: 'none' | WantedSecrets;
}

/** What secrets.json must be for a job to start with it; absent: whatever it is. */
interface WantedSecrets {
  readonly scriptUrl?: Secret | undefined;
  /** That which the job was planned with. */
  readonly generation?: number | undefined;
}

/** A job that was started, or found. */
export interface Job extends OngoingJob {
  /** Absent: it has ended. */
  readonly process: ProcessIdentity | undefined;
  /** Resolves at its end; absent: it is nobody's child that we know. */
  readonly ended: Promise<void> | undefined;
}

/**
 * Starts a job; it runs on whatever becomes of us. Throws InputError when it is running already, or has no secrets, and
 * StaleSecretsError when they are not those that it was planned with.
 */
export async function startJob(spec: JobSpec, tools: BuilderTools): Promise<Job> {
  throwIfAborted(tools.signal);
  const { kind, subject, cloudIds, reason, render } = spec;
  const buildId = spec.buildId ?? tools.newBuildId();
  const files = jobFiles(tools.paths, buildId);
  const secrets = spec.secrets === 'none' ? undefined : await checkSecrets(spec.secrets, tools);
  await makeJobFolder(files, buildId, tools);
  const startedAt = tools.clock.now();
  const order = { kind, buildId, subject, cloudIds, reason };
  await writeJobOrder({ ...order, startedAt: new Date(startedAt).toISOString() }, files);
  const args = render({ ...tools.orderer, buildId });
  const { pid, ended } = await launch(args, files, secrets, tools);
  return { ...order, startedAt, process: findProcessIdentity(pid), ended };
}

/** An empty one: what an ended job of the same id left is not to be taken for this one's. */
async function makeJobFolder({ folder }: JobFiles, buildId: string, tools: BuilderTools): Promise<void> {
  const running = await findJobProcesses(tools);
  if (running.some((process) => process.buildId === buildId)) {
    throw new InputError([`build ${buildId}: expected one that does not run, got one that does`]);
  }
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

async function launch(
  args: readonly string[],
  files: JobFiles,
  secrets: string | undefined,
  tools: BuilderTools,
): ReturnType<typeof startOpen> {
  const handles: FileHandle[] = [];
  const take = async (path: string, flags: string): Promise<number> => {
    const handle = await open(path, flags, 0o600);
    handles.push(handle);
    return handle.fd;
  };
  try {
    const inherited = secrets === undefined ? [] : [await take(secrets, 'r')];
    const [stdout, stderr] = [await take(files.result, 'w'), await take(files.progress, 'w')];
    return await startOpen(args, { stdout, stderr, inherited }, tools);
  } finally {
    for (const handle of handles) await handle.close();
  }
}

async function startOpen(
  args: readonly string[],
  descriptors: Pick<Parameters<BuilderTools['startDetached']>[0], 'stdout' | 'stderr' | 'inherited'>,
  tools: BuilderTools,
) {
  const program = await resolveCurrentProgram(tools.paths);
  return tools.startDetached({
    file: await nodeOf(program),
    args: [join(program, PROGRAM_FILE), ...args],
    env: programEnvironment(tools),
    cwd: program,
    ...descriptors,
  });
}

/** Gives the path of secrets.json. */
async function checkSecrets(wanted: WantedSecrets, tools: BuilderTools): Promise<string> {
  const path = tools.paths.secrets;
  const json = await readTextFile(path);
  if (json === undefined) throw new InputError([`${path}: expected the unit's secrets, got no file`]);
  const { scriptUrl, generation } = parseHostSecrets(json);
  if (wanted.generation !== undefined && wanted.generation !== generation) {
    const message = `${path}: expected generation ${wanted.generation}, that of the plan, got ${generation}`;
    throw new StaleSecretsError(`${message}; the job is planned anew`);
  }
  if (wanted.scriptUrl !== undefined && wanted.scriptUrl.reveal() !== scriptUrl.reveal()) {
    throw new InputError([
      `${path}: expected the script URL that the build was planned with, got another one`,
    ]);
  }
  return path;
}
