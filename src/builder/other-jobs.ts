import type { Base } from '../model/base.ts';
import { awaitJob } from './await-job.ts';
import { renderCopy, renderPrepare, renderPrune } from './command-lines.ts';
import type { StaticConfigs } from './config.ts';
import { asOutcome } from './job-outcome.ts';
import { type JobSpec, startJob } from './start-job.ts';
import type { BuilderTools, JobOutcome, JobTools } from './tools.ts';

/** Prepares the build cloud for builds of a base: its image and the security group. */
export function prepare(
  { base, reason }: { readonly base: Base; readonly reason: string },
  config: StaticConfigs,
  tools: JobTools,
): Promise<JobOutcome> {
  const order = { base, config, urls: tools.urls };
  return work(
    {
      kind: 'prepare',
      subject: base,
      cloudIds: [config.cloudConfig.buildCloud],
      reason,
      render: (owner) => renderPrepare(order, owner),
    },
    tools,
  );
}

/** What to copy from the build cloud to where. */
export interface CopyRequest {
  readonly imageName: string;
  readonly imageId: string;
  readonly uploadTo: readonly string[];
  readonly reason: string;
}

/** Puts an image that is built already into further clouds. */
export function copy(request: CopyRequest, config: StaticConfigs, tools: BuilderTools): Promise<JobOutcome> {
  const { imageName, uploadTo, reason } = request;
  return work(
    {
      kind: 'copy',
      subject: imageName,
      cloudIds: uploadTo,
      reason,
      render: (owner) => renderCopy({ ...request, config }, owner),
    },
    tools,
  );
}

/** Which image to prune where. */
export interface PruneRequest {
  readonly imageName: string;
  readonly cloudId: string;
  /** All ids that stand in relation data. */
  readonly publishedIds: readonly string[];
  readonly reason: string;
}

/** Deletes the revisions of an image in one cloud beyond `numRevisions`, but none that is published. */
export function prune(
  request: PruneRequest,
  config: StaticConfigs,
  tools: BuilderTools,
): Promise<JobOutcome> {
  const { imageName, cloudId, reason } = request;
  return work(
    {
      kind: 'prune',
      subject: imageName,
      cloudIds: [cloudId],
      reason,
      render: (owner) => renderPrune({ ...request, config }, owner),
    },
    tools,
  );
}

function work(spec: Omit<JobSpec, 'buildId' | 'secrets'>, tools: BuilderTools): Promise<JobOutcome> {
  return asOutcome(async () => {
    const job = await startJob({ ...spec, buildId: undefined, secrets: 'none' }, tools);
    return awaitJob(job, tools);
  }, tools.signal);
}
