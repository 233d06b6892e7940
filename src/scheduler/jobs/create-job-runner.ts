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

/** The desired state of a round, and what its jobs are run with. */
interface Order {
  readonly desired: DesiredState;
  /** The version of this software. */
  readonly version: string;
  readonly tools: BuilderTools;
}

/** Returns a runner that has the builder's program do what `desired` asks for. */
export function createJobRunner(order: Order): JobRunner {
  const { tools } = order;
  return {
    observe: (cloudIds) => observe(cloudIds, tools, listPublished(order.desired)),
    listOngoing: () => listOngoingJobs(tools),
    run: (entry, buildId) => runEntry(entry, buildId, order),
    adopt: (job) => adoptJob(job, tools),
    markRecorded: (buildId) => markRecorded(tools.paths, buildId),
    readStep: (buildId) => readStep(buildId, tools),
    tidy: () => tidyJobs(tools),
  };
}

/** Lists the images that consumers are given now, each once, whoever made them. */
function listPublished(desired: DesiredState): readonly ExtraImage[] {
  return [
    ...new Map(
      listPublishedImages(desired).map((image) => [`${image.cloudId}=${image.imageId}`, image]),
    ).values(),
  ];
}

function runEntry(entry: WorkEntry, buildId: string, order: Order): Promise<JobOutcome> {
  const { desired, version, tools } = order;
  const config = configOf(entry, desired);
  const ordering = { reason: entry.reason, buildId };
  switch (entry.act) {
    case 'prepare':
      return runJob({ kind: 'prepare', entries: [config] }, ordering, tools);
    case 'build': {
      const inputs = encodeBuildInputs(buildInputsOf(config, version));
      const { credentialsGeneration: secretsGeneration } = desired;
      const image = { entry: config, cloudIds: entry.uploadTo, inputs, secretsGeneration };
      return orderBuild(image, ordering, tools);
    }
    case 'copy': {
      const { imageName, imageId, uploadTo: cloudIds } = entry;
      const image = { imageName, imageId, buildCloud: config.cloud.buildCloud, cloudIds };
      return runJob(
        { kind: 'copy', ...image, withinCloud: 'copy', keepRevisions: undefined },
        ordering,
        tools,
      );
    }
    case 'prune': {
      const { imageName, cloudId, publishedIds } = entry;
      const revisions = { keepRevisions: config.cloud.numRevisions, protectedIds: [], publishedIds };
      return runJob({ kind: 'prune', imageName, cloudId, ...revisions, isDryRun: false }, ordering, tools);
    }
  }
}

/** Returns the run config of a plan entry. An image that is no longer wanted is pruned as the primary image is. */
function configOf(entry: WorkEntry, desired: DesiredState): RunConfig {
  const found =
    entry.act === 'prepare' ? findConfigOfBase(desired, entry.base) : desired.images.get(entry.imageName);
  return found ?? primaryOf(desired.images);
}
