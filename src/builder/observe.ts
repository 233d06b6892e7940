import { type FileHandle, rm } from 'node:fs/promises';
import { encodeCloudsYaml } from '../model/clouds-yaml.ts';
import type { ExtraImage, JobOrder } from '../model/job/job-order.ts';
import { isUuid } from '../model/decode.ts';
import { ProductError } from '../model/errors.ts';
import { messageOf } from '../model/text/message-of.ts';
import type { Observation, ObservedCloud } from '../model/observation.ts';
import { decodeListResult } from '../model/result/program-result-list.ts';
import type { CommandResult } from '../system/process/command.ts';
import { throwIfAborted } from '../system/wait.ts';
import { readInstalled } from './credentials.ts';
import { createOrder } from './jobs/create-order.ts';
import { GetLatestImageError, JobError } from './errors.ts';
import { jobFiles, writeJobOrder } from './jobs/job-files.ts';
import { endedWithoutResult, toFailedJob } from './jobs/job-result.ts';
import { openJobSecrets } from './jobs/job-secrets.ts';
import { jobCommand } from './jobs/start-job.ts';
import type { BuilderTools } from './tools.ts';

/** The time-out of one call to a cloud, in seconds. An observation ends after twice this time. */
const API_TIMEOUT_S = 40;
/** The additional time for starting and ending the program on a busy host. */
const MARGIN_S = 40;

/**
 * The limits of a process that observes a cloud. Buffers are not part of the heap: the program reads at most 6 responses
 * of 16 MiB at a time.
 */
const HEAP_MIB = 256;
const MAX_OUTPUT_BYTES = 2 * 1024 * 1024;

/** The prefix of the ids of observations. Nothing is recorded of them, so they are not jobs of the scheduler. */
const OBSERVATION_PREFIX = 'list-';

/** Reports whether the id of a job is that of an observation of the clouds. */
export function isObservationId(buildId: string): boolean {
  return buildId.startsWith(OBSERVATION_PREFIX);
}

interface ObserveOptions {
  /** Images of any owner. The result contains the active ones. */
  readonly extraImages?: readonly ExtraImage[];
  /** The time-out of one call to a cloud. */
  readonly apiTimeoutS?: number;
}

/**
 * Groups the entries of clouds.yaml that have the same login, in the order of the entries. An entry that cannot be read is
 * a group of its own.
 */
export async function groupByLogin(
  cloudIds: readonly string[],
  tools: Pick<BuilderTools, 'paths'>,
): Promise<readonly (readonly string[])[]> {
  const { clouds } = await readInstalled(tools);
  const keyOf = (cloudId: string): string => {
    const login = clouds?.clouds[cloudId];
    return login === undefined ? cloudId : JSON.stringify(encodeCloudsYaml({ clouds: { '': login } }));
  };
  const groups = new Map<string, string[]>();
  for (const cloudId of new Set(cloudIds)) {
    const key = keyOf(cloudId);
    groups.set(key, [...(groups.get(key) ?? []), cloudId]);
  }
  return [...groups.values()];
}

/**
 * Lists the images of one project in one process, and which of the `extraImages` are active. `cloudIds` are entries of
 * clouds.yaml with the same login, which all get the same answer. Any failure is the failed state of these clouds. Throws
 * CancelledError when the daemon stops; the process is killed.
 */
export async function observeLogin(
  cloudIds: readonly string[],
  tools: BuilderTools,
  { extraImages = [], apiTimeoutS = API_TIMEOUT_S }: ObserveOptions = {},
): Promise<Observation> {
  const [cloudId] = cloudIds;
  if (cloudId === undefined) return [];
  const imageIds = extraImages
    .filter((image) => cloudIds.includes(image.cloudId))
    .map((image) => image.imageId);
  const checked = [...new Set(imageIds)].filter(isUuid).map((imageId) => ({ cloudId, imageId }));
  const order = createOrder(
    { kind: 'list', cloudIds: [cloudId], extraImages: checked },
    {
      reason: 'the images in the cloud are listed',
      buildId: `${OBSERVATION_PREFIX}${tools.newBuildId()}`,
      timeouts: { apiTimeout: apiTimeoutS },
    },
    tools,
  );
  const answer = await observeOrFail(order, cloudId, (2 * apiTimeoutS + MARGIN_S) * 1000, tools);
  return cloudIds.map((each) => ({ ...answer, cloudId: each }));
}

async function observeOrFail(
  order: JobOrder,
  cloudId: string,
  timeoutMs: number,
  tools: BuilderTools,
): Promise<ObservedCloud> {
  try {
    const { stdout, exitCode } = await runList(order, timeoutMs, tools);
    throwIfAborted(tools.signal);
    return readCloud(stdout, cloudId, `exit code ${exitCode ?? 'unknown'}`);
  } catch (cause) {
    throwIfAborted(tools.signal);
    const kind = cause instanceof ProductError && cause.kind !== 'cancelled' ? cause.kind : 'unavailable';
    const message = `the images in the cloud could not be listed: ${messageOf(cause)}`;
    return { cloudId, state: 'failed', kind, type: GetLatestImageError.name, message };
  }
}

function readCloud(stdout: string, cloudId: string, lastLine: string): ObservedCloud {
  const result = decodeListResult(stdout);
  if (result === undefined) throw new JobError(endedWithoutResult(lastLine));
  if (result.error !== undefined) throw new JobError(toFailedJob(result.error));
  const found = result.clouds.find((cloud) => cloud.cloudId === cloudId);
  if (found === undefined) throw new GetLatestImageError('the program did not report it');
  return found;
}

/**
 * Runs the program on a list order and removes the folder of the order. A process that must stop is killed, because it
 * has nothing to clean up and may be too busy for a signal.
 */
async function runList(order: JobOrder, timeoutMs: number, tools: BuilderTools): Promise<CommandResult> {
  const files = jobFiles(tools.paths, order.id);
  let secrets: FileHandle | undefined;
  try {
    secrets = await openJobSecrets(order, tools.paths);
    await writeJobOrder(order, files);
    const { env, ...command } = await jobCommand(order, tools);
    return await tools.runCommand({
      ...command,
      env: { ...env, NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` },
      inherited: [secrets.fd],
      timeoutMs,
      maxOutputBytes: MAX_OUTPUT_BYTES,
      stopSignal: 'SIGKILL',
      signal: tools.signal,
    });
  } finally {
    await secrets?.close();
    await rm(files.folder, { recursive: true, force: true });
  }
}
