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

/** Of one call to a cloud, in seconds; when there are many clouds it is less. */
const API_TIMEOUT_S = 40;
const MAXIMUM_S = 600;
/** What the program may need besides: its start, its end, a busy host. */
const MARGIN_S = 40;

/** Begins the ids of looks at the clouds: nothing has to be remembered of them, so they are no jobs of the scheduler. */
const LOOK_PREFIX = 'list-';

/** Reports whether a job's id is that of a look at the clouds. */
export function isLookId(buildId: string): boolean {
  return buildId.startsWith(LOOK_PREFIX);
}

/**
 * Looks at clouds, each with its own token; one that fails tells so in its place. Each cloud also reports which of its
 * `extraImages`, of any owner, are active. Throws GetLatestImageError when nothing is known of any cloud, CancelledError
 * when we stop.
 */
export async function observe(
  cloudIds: readonly string[],
  tools: BuilderTools,
  extraImages: readonly ExtraImage[] = [],
): Promise<Observation> {
  if (cloudIds.length === 0) return [];
  const { apiTimeoutS, timeoutMs } = planLook(cloudIds.length);
  const asked = extraImages.filter(({ cloudId, imageId }) => cloudIds.includes(cloudId) && isId(imageId));
  const order = createOrder(
    { kind: 'list', cloudIds, extraImages: asked },
    {
      reason: 'the clouds are looked at',
      buildId: `${LOOK_PREFIX}${tools.newBuildId()}`,
      timeouts: { apiTimeout: apiTimeoutS },
    },
    tools,
  );
  const { stdout, exitCode } = await runList(order, timeoutMs, tools);
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

/** Runs the program on an order of its own, and removes the order's folder. */
async function runList(order: JobOrder, timeoutMs: number, tools: BuilderTools): Promise<CommandResult> {
  const files = jobFiles(tools.paths, order.id);
  try {
    await writeJobOrder(order, files);
    return await tools.runCommand({ ...(await jobCommand(order, tools)), timeoutMs, signal: tools.signal });
  } catch (cause) {
    throwIfAborted(tools.signal);
    throw asLookError(cause);
  } finally {
    await rm(files.folder, { recursive: true, force: true });
  }
}

function asLookError(cause: unknown): GetLatestImageError {
  return new GetLatestImageError(`the clouds could not be looked at: ${messageOf(cause)}`, { cause });
}
