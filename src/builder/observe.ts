import { join } from 'node:path';
import { messageOf } from '../model/message-of.ts';
import { CLOUDS_AT_A_TIME, type Observation } from '../model/observation.ts';
import { decodeListResult } from '../model/program-result-list.ts';
import type { CommandResult } from '../system/command.ts';
import { throwIfAborted } from '../system/wait.ts';
import { type AlsoImage, renderList } from './command-lines.ts';
import { GetLatestImageError, JobError } from './errors.ts';
import { endedWithoutResult, toFailedJob } from './job-result.ts';
import { programEnvironment } from './program-environment.ts';
import { PROGRAM_FILE, nodeOf, resolveCurrentProgram } from './programs.ts';
import type { BuilderTools } from './tools.ts';

/** Of one call to a cloud, in seconds; when there are many clouds it is less. */
const API_TIMEOUT_S = 40;
const MAXIMUM_S = 600;
/** What the program may need besides: its start, its end, a busy host. */
const MARGIN_S = 40;

/**
 * Looks at clouds, each with its own token; one that fails tells so in its place. Which of the images `also`, of
 * whatever owner, are active in their clouds is told beside ours. Throws GetLatestImageError when nothing
 * can be told of any, CancelledError when we stop.
 */
export async function observe(
  cloudIds: readonly string[],
  tools: BuilderTools,
  also: readonly AlsoImage[] = [],
): Promise<Observation> {
  if (cloudIds.length === 0) return [];
  const { apiTimeoutS, timeoutMs } = planLook(cloudIds.length);
  const asked = also.filter(({ cloudId, imageId }) => cloudIds.includes(cloudId) && isId(imageId));
  const args = renderList({ cloudIds, also: asked, apiTimeoutS }, tools.orderer);
  const { stdout, exitCode } = await runList(args, timeoutMs, tools);
  throwIfAborted(tools.signal);
  try {
    return readClouds(stdout, `exit code ${exitCode ?? 'unknown'}`);
  } catch (cause) {
    throw asLookError(cause);
  }
}

function readClouds(stdout: string, lastWords: string): Observation {
  const result = decodeListResult(stdout);
  if (result === undefined) throw new JobError(endedWithoutResult(lastWords));
  if (result.error !== undefined) throw new JobError(toFailedJob(result.error));
  return result.clouds;
}

/** The program gives each cloud two calls' time, to so many at once: it is to end by itself before it is ended. */
function planLook(clouds: number) {
  const waves = Math.ceil(clouds / CLOUDS_AT_A_TIME);
  const longest = Math.floor((MAXIMUM_S - MARGIN_S) / (2 * waves));
  const apiTimeoutS = Math.max(1, Math.min(API_TIMEOUT_S, longest));
  return { apiTimeoutS, timeoutMs: Math.min(MAXIMUM_S, 2 * waves * apiTimeoutS + MARGIN_S) * 1000 };
}

/** Whatever else stands in relation data is active nowhere, and is not to break the look. */
function isId(imageId: string): boolean {
  return /^[\w-]+$/.test(imageId);
}

async function runList(
  args: readonly string[],
  timeoutMs: number,
  tools: BuilderTools,
): Promise<CommandResult> {
  try {
    const program = await resolveCurrentProgram(tools.paths);
    return await tools.runCommand({
      file: await nodeOf(program),
      args: [join(program, PROGRAM_FILE), ...args],
      env: programEnvironment(tools),
      cwd: program,
      timeoutMs,
      signal: tools.signal,
    });
  } catch (cause) {
    throwIfAborted(tools.signal);
    throw asLookError(cause);
  }
}

function asLookError(cause: unknown): GetLatestImageError {
  return new GetLatestImageError(`the clouds could not be looked at: ${messageOf(cause)}`, { cause });
}
