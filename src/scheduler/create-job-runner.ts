import { adoptJob } from '../builder/await-job.ts';
import { observe } from '../builder/observe.ts';
import { listOngoingJobs } from '../builder/ongoing-jobs.ts';
import { orderBuild } from '../builder/order-build.ts';
import { readStep } from '../builder/read-step.ts';
import { runJob } from '../builder/run-job.ts';
import { tidyJobs } from '../builder/tidy-jobs.ts';
import type { BuilderTools, JobOutcome } from '../builder/tools.ts';
import { encodeBuildInputs } from '../model/build-inputs.ts';
import type { DesiredState } from '../model/desired-state.ts';
import type { ExtraImage } from '../model/job-order.ts';
import { ImageConfig, type ImageVariant, type RunConfig } from '../model/run-config.ts';
import type { JobRunner, WorkEntry } from './job-runner.ts';
import { listToldImages } from './plan-clouds.ts';
import { markSettled } from './unsettled-jobs.ts';
import { wantedInputs } from './wanted-inputs.ts';

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
    markSettled: (buildId) => markSettled(tools.paths, buildId),
    readStep: (buildId) => readStep(buildId, tools),
    tidy: () => tidyJobs(tools),
  };
}

/** Lists the images that consumers are given now, each once, whoever made them. */
function listPublished(desired: DesiredState): readonly ExtraImage[] {
  return [
    ...new Map(listToldImages(desired).map((image) => [`${image.cloudId}=${image.imageId}`, image])).values(),
  ];
}

function runEntry(entry: WorkEntry, buildId: string, order: Order): Promise<JobOutcome> {
  const { desired, version, tools } = order;
  const { build, images, credentialsGeneration: secretsGeneration } = desired;
  const ordering = { reason: entry.reason, buildId };
  switch (entry.act) {
    case 'prepare': {
      const variant = { base: entry.base, juju: '', microk8s: '' };
      return runJob({ kind: 'prepare', entries: [runConfigOf(desired, variant)] }, ordering, tools);
    }
    case 'build': {
      const inputs = encodeBuildInputs(wantedInputs(images, version));
      const image = { entry: runConfigOf(desired, entry.variant), cloudIds: entry.uploadTo, inputs };
      return orderBuild({ ...image, secretsGeneration }, ordering, tools);
    }
    case 'copy': {
      const { imageName, imageId, uploadTo: cloudIds } = entry;
      const image = { imageName, imageId, buildCloud: build.cloud, cloudIds };
      return runJob(
        { kind: 'copy', ...image, withinCloud: 'copy', keepRevisions: undefined },
        ordering,
        tools,
      );
    }
    case 'prune': {
      const { imageName, cloudId, publishedIds } = entry;
      const revisions = { keepRevisions: build.keepRevisions, protectedIds: [], publishedIds };
      return runJob({ kind: 'prune', imageName, cloudId, ...revisions, isDryRun: false }, ordering, tools);
    }
  }
}

/** Returns the run config of one image of the desired state. */
function runConfigOf({ images, build, consumers }: DesiredState, variant: ImageVariant): RunConfig {
  const { arch, prefix, runnerVersion, scriptDigest, cloudImagesUrl, runnerReleasesUrl } = images;
  const scriptUrl = scriptDigest === '' ? '' : 'secrets.json';
  return {
    image: new ImageConfig({ ...variant, arch, prefix, runnerVersion, scriptDigest, scriptUrl }),
    cloud: {
      buildCloud: build.cloud,
      buildFlavor: build.flavor,
      buildNetwork: build.network,
      resourcePrefix: prefix,
      uploadClouds: [...new Set(consumers.map(({ cloudId }) => cloudId))],
      numRevisions: build.keepRevisions,
    },
    externalService: { dockerhubCache: '', proxy: '', cloudImagesUrl, runnerReleasesUrl },
  };
}
