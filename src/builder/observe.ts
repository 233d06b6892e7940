import { join } from 'node:path';
import { messageOf } from '../model/message-of.ts';
import { type Observation, parseObservation } from '../model/observation.ts';
import type { CommandResult } from '../system/command.ts';
import { throwIfAborted } from '../system/wait.ts';
import { renderList } from './command-lines.ts';
import { GetLatestImageError, JobError } from './errors.ts';
import { parseJobResult } from './job-result.ts';
import { programEnvironment } from './program-environment.ts';
import { PROGRAM_FILE, nodeOf, resolveCurrentProgram } from './programs.ts';
import type { BuilderTools } from './tools.ts';

const TIMEOUT_MS = 120_000;

/**
 * Looks at clouds, each with its own token; one that fails tells so in its place. Which of the images `alsoIds`, of
 * whatever owner, are active in each is told beside ours. Throws GetLatestImageError when nothing
 * can be told of any, CancelledError when we stop.
 */
export async function observe(
  cloudIds: readonly string[],
  tools: BuilderTools,
  alsoIds: readonly string[] = [],
): Promise<Observation> {
  if (cloudIds.length === 0) return [];
  const { stdout, exitCode } = await runList(renderList(cloudIds, alsoIds, tools.orderer), tools);
  throwIfAborted(tools.signal);
  const outcome = parseJobResult(stdout, `exit code ${exitCode ?? 'unknown'}`);
  if (outcome.state === 'failed') throw asLookError(new JobError(outcome));
  try {
    return parseObservation(outcome.result);
  } catch (cause) {
    throw asLookError(cause);
  }
}

async function runList(args: readonly string[], tools: BuilderTools): Promise<CommandResult> {
  try {
    const program = await resolveCurrentProgram(tools.paths);
    return await tools.runCommand({
      file: await nodeOf(program),
      args: [join(program, PROGRAM_FILE), ...args],
      env: programEnvironment(tools),
      cwd: program,
      timeoutMs: TIMEOUT_MS,
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
