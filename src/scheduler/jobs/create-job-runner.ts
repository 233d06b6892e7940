import { adoptJob } from '../../builder/jobs/await-job.ts';
import { observe } from '../../builder/observe.ts';
import { listOngoingJobs } from '../../builder/jobs/ongoing-jobs.ts';
import { orderBuild } from '../../builder/jobs/order-build.ts';
import { readStep } from '../../builder/jobs/read-step.ts';
import { runJob } from '../../builder/jobs/run-job.ts';
import { tidyJobs } from '../../builder/jobs/tidy-jobs.ts';
import type { BuilderTools, JobOutcome } from '../../builder/tools.ts';
import { buildInputsOf, encodeBuildInputs } from '../../model/build-inputs.ts';
import { type DesiredState, findConfigOfBase, primaryOf } from '../../model/desired-state.ts';
import type { ExtraImage } from '../../model/job-order.ts';
import type { RunConfig } from '../../model/run-config.ts';
import type { JobRunner, WorkEntry } from './job-runner.ts';
import { listPublishedImages } from '../plan/plan-clouds.ts';
import { markRecorded } from './unrecorded-jobs.ts';

/** The desired state of a reconcile, and the tools that run its jobs. */
interface RunnerParts {
  readonly desired: DesiredState;
  /** The version of this software. */
  readonly version: string;
  readonly tools: BuilderTools;
}

/** Creates a runner that executes plan entries as jobs of the builder's program. */
export function createJobRunner(parts: RunnerParts): JobRunner {
  const { tools } = parts;
  return {
    observe: (cloudIds) => observe(cloudIds, tools, listPublished(parts.desired)),
    listOngoing: () => listOngoingJobs(tools),
    run: (entry, buildId) => runEntry(entry, buildId, parts),
    adopt: (job) => adoptJob(job, tools),
    markRecorded: (buildId) => markRecorded(tools.paths, buildId),
    readStep: (buildId) => readStep(buildId, tools),
    tidy: () => tidyJobs(tools),
  };
}

/** Lists the published images without duplicates, whoever created them. */
function listPublished(desired: DesiredState): readonly ExtraImage[] {
  return [
    ...new Map(
      listPublishedImages(desired).map((image) => [`${image.cloudId}=${image.imageId}`, image]),
    ).values(),
  ];
}

function runEntry(entry: WorkEntry, buildId: string, parts: RunnerParts): Promise<JobOutcome> {
  const { desired, version, tools } = parts;
  const config = configOf(entry, desired);
  const job = { reason: entry.reason, buildId };
  switch (entry.act) {
    case 'prepare':
      return runJob({ kind: 'prepare', entries: [config] }, job, tools);
    case 'build': {
      const inputs = encodeBuildInputs(buildInputsOf(config, version));
      const { credentialsGeneration: secretsGeneration } = desired;
      const image = { entry: config, cloudIds: entry.uploadTo, inputs, secretsGeneration };
      return orderBuild(image, job, tools);
    }
    case 'copy': {
      const { imageName, imageId, uploadTo: cloudIds } = entry;
      const image = { imageName, imageId, buildCloud: config.cloud.buildCloud, cloudIds };
      return runJob({ kind: 'copy', ...image, withinCloud: 'copy', keepRevisions: undefined }, job, tools);
    }
    case 'prune': {
      const { imageName, cloudId, publishedIds } = entry;
      const revisions = { keepRevisions: config.cloud.numRevisions, protectedIds: [], publishedIds };
      return runJob({ kind: 'prune', imageName, cloudId, ...revisions, isDryRun: false }, job, tools);
    }
  }
}

/** Returns the run config of a plan entry. An image that is no longer desired uses the settings of the primary image. */
function configOf(entry: WorkEntry, desired: DesiredState): RunConfig {
  const found =
    entry.act === 'prepare' ? findConfigOfBase(desired, entry.base) : desired.images.get(entry.imageName);
  return found ?? primaryOf(desired.images);
}
