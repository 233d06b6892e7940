import type { Base } from '../model/base.ts';
import { awaitJob } from './await-job.ts';
import { renderCopy, renderPrepare, renderPrune } from './command-lines.ts';
import type { StaticConfigs } from './config.ts';
import { asOutcome } from './job-outcome.ts';
import { type JobSpec, startJob } from './start-job.ts';
import type { BuilderTools, JobOutcome, JobTools } from './tools.ts';

/** Which job it is to be, and why. */
interface JobRequest {
  readonly reason: string;
  /** Absent: a new one. */
  readonly buildId?: string | undefined;
}

/** What to prepare the build cloud for. */
export interface PrepareRequest extends JobRequest {
  readonly base: Base;
}

/** Prepares the build cloud for builds of a base: its image and the security group. */
export function prepare(
  request: PrepareRequest,
  config: StaticConfigs,
  tools: JobTools,
): Promise<JobOutcome> {
  const { base, reason, buildId } = request;
  const order = { base, config, urls: tools.urls };
  return work(
    {
      kind: 'prepare',
      subject: base,
      cloudIds: [],
      reason,
      buildId,
      render: (owner) => renderPrepare(order, owner),
    },
    tools,
  );
}

/** What to copy from the build cloud to where. */
export interface CopyRequest extends JobRequest {
  readonly imageName: string;
  readonly imageId: string;
  readonly uploadTo: readonly string[];
}

/** Puts an image that is built already into further clouds. */
export function copy(request: CopyRequest, config: StaticConfigs, tools: BuilderTools): Promise<JobOutcome> {
  const { imageName, uploadTo, reason, buildId } = request;
  return work(
    {
      kind: 'copy',
      subject: imageName,
      cloudIds: uploadTo,
      reason,
      buildId,
      render: (owner) => renderCopy({ ...request, config }, owner),
    },
    tools,
  );
}

/** Which image to prune where. */
export interface PruneRequest extends JobRequest {
  readonly imageName: string;
  readonly cloudId: string;
  /** All ids that stand in relation data. */
  readonly publishedIds: readonly string[];
}

/** Deletes the revisions of an image in one cloud beyond `numRevisions`, but none that is published. */
export function prune(
  request: PruneRequest,
  config: StaticConfigs,
  tools: BuilderTools,
): Promise<JobOutcome> {
  const { imageName, cloudId, reason, buildId } = request;
  return work(
    {
      kind: 'prune',
      subject: imageName,
      cloudIds: [cloudId],
      reason,
      buildId,
      render: (owner) => renderPrune({ ...request, config }, owner),
    },
    tools,
  );
}

function work(spec: Omit<JobSpec, 'secrets'>, tools: BuilderTools): Promise<JobOutcome> {
  return asOutcome(async () => {
    const job = await startJob({ ...spec, secrets: 'none' }, tools);
    return awaitJob(job, tools);
  }, tools.signal);
}
