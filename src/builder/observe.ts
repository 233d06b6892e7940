import { rm } from 'node:fs/promises';
import type { ExtraImage, JobOrder } from '../model/job-order.ts';
import { messageOf } from '../model/message-of.ts';
import { CLOUDS_AT_A_TIME, type Observation } from '../model/observation.ts';
import { decodeListResult } from '../model/program-result-list.ts';
import type { CommandResult } from '../system/process/command.ts';
import { throwIfAborted } from '../system/wait.ts';
import { createOrder } from './jobs/create-order.ts';
import { GetLatestImageError, JobError } from './errors.ts';
import { jobFiles, writeJobOrder } from './jobs/job-files.ts';
import { endedWithoutResult, toFailedJob } from './jobs/job-result.ts';
import { jobCommand } from './jobs/start-job.ts';
import type { BuilderTools } from './tools.ts';

/** The time-out of one call to a cloud, in seconds. It is shorter when there are many clouds. */
const API_TIMEOUT_S = 40;
const MAXIMUM_S = 600;
/** The additional time for starting and ending the program on a busy host. */
const MARGIN_S = 40;

/** The prefix of the ids of observations. Nothing is recorded of them, so they are not jobs of the scheduler. */
const OBSERVATION_PREFIX = 'list-';

/** Reports whether the id of a job is that of an observation of the clouds. */
export function isObservationId(buildId: string): boolean {
  return buildId.startsWith(OBSERVATION_PREFIX);
}

/**
 * Lists the images of each cloud with its own token, and which of its `extraImages`, of any owner, are active. A cloud
 * that fails has its failure in the result. Throws GetLatestImageError when the program returned no result, and
 * CancelledError when the daemon stops.
 */
export async function observe(
  cloudIds: readonly string[],
  tools: BuilderTools,
  extraImages: readonly ExtraImage[] = [],
): Promise<Observation> {
  if (cloudIds.length === 0) return [];
  const { apiTimeoutS, timeoutMs } = planTimeouts(cloudIds.length);
  const checked = extraImages.filter(({ cloudId, imageId }) => cloudIds.includes(cloudId) && isId(imageId));
  const order = createOrder(
    { kind: 'list', cloudIds, extraImages: checked },
    {
      reason: 'the images in the clouds are listed',
      buildId: `${OBSERVATION_PREFIX}${tools.newBuildId()}`,
      timeouts: { apiTimeout: apiTimeoutS },
    },
    tools,
  );
  const { stdout, exitCode } = await runList(order, timeoutMs, tools);
  throwIfAborted(tools.signal);
  try {
    return readClouds(stdout, `exit code ${exitCode ?? 'unknown'}`);
  } catch (cause) {
    throw toListError(cause);
  }
}

function readClouds(stdout: string, lastLine: string): Observation {
  const result = decodeListResult(stdout);
  if (result === undefined) throw new JobError(endedWithoutResult(lastLine));
  if (result.error !== undefined) throw new JobError(toFailedJob(result.error));
  return result.clouds;
}

/**
 * Computes the time-outs. The program needs the time of two calls for each wave of clouds; its own time-outs must
 * expire before it is stopped.
 */
function planTimeouts(clouds: number) {
  const waves = Math.ceil(clouds / CLOUDS_AT_A_TIME);
  const longest = Math.floor((MAXIMUM_S - MARGIN_S) / (2 * waves));
  const apiTimeoutS = Math.max(1, Math.min(API_TIMEOUT_S, longest));
  return { apiTimeoutS, timeoutMs: Math.min(MAXIMUM_S, 2 * waves * apiTimeoutS + MARGIN_S) * 1000 };
}

/** Reports whether a text can be an image id. Other texts in relation data must not make the observation fail. */
function isId(imageId: string): boolean {
  return /^[\w-]+$/.test(imageId);
}

/** Runs the program on a list order and removes the folder of the order. */
async function runList(order: JobOrder, timeoutMs: number, tools: BuilderTools): Promise<CommandResult> {
  const files = jobFiles(tools.paths, order.id);
  try {
    await writeJobOrder(order, files);
    return await tools.runCommand({ ...(await jobCommand(order, tools)), timeoutMs, signal: tools.signal });
  } catch (cause) {
    throwIfAborted(tools.signal);
    throw toListError(cause);
  } finally {
    await rm(files.folder, { recursive: true, force: true });
  }
}

function toListError(cause: unknown): GetLatestImageError {
  return new GetLatestImageError(`the images in the clouds could not be listed: ${messageOf(cause)}`, {
    cause,
  });
}
