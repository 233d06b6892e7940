import { adoptJob } from '../builder/await-job.ts';
import type { AlsoImage } from '../builder/command-lines.ts';
import type { StaticConfigs } from '../builder/config.ts';
import { BuilderRunError } from '../builder/errors.ts';
import { tidyJobs } from '../builder/job-files.ts';
import { observe } from '../builder/observe.ts';
import { listOngoingJobs } from '../builder/ongoing-jobs.ts';
import { copy, prepare, prune } from '../builder/other-jobs.ts';
import { readStep } from '../builder/read-step.ts';
import { run } from '../builder/run.ts';
import type { BuilderTools, JobOutcome, JobTools } from '../builder/tools.ts';
import { buildInputsOf } from '../model/build-inputs.ts';
import { type DesiredState, findConfigOfBase, primaryOf } from '../model/desired-state.ts';
import type { RunConfig } from '../model/run-config.ts';
import type { JobRunner, WorkEntry } from './job-runner.ts';
import type { BuildEntry } from './plan-entry.ts';
import { listToldImages } from './plan-clouds.ts';
import { markSettled } from './unsettled-jobs.ts';

/** What a round knows of its jobs. */
interface Order {
  readonly desired: DesiredState;
  readonly version: string;
  readonly tools: BuilderTools;
}

/** Has the builder's program do what `desired` asks for; `version` is this software's. */
export function createJobRunner(order: Order): JobRunner {
  const { tools } = order;
  return {
    observe: (cloudIds) => observe(cloudIds, tools, listPublished(order.desired)),
    listOngoing: () => listOngoingJobs(tools),
    run: (entry, buildId) => runEntry(entry, { ...order, tools: { ...tools, newBuildId: () => buildId } }),
    adopt: (job) => adoptJob(job, tools),
    markSettled: (buildId) => markSettled(tools.paths, buildId),
    readStep: (buildId) => readStep(buildId, tools),
    tidy: () => tidyJobs(tools),
  };
}

/** What consumers are told now, each image once: also the work of whoever was here before us. */
function listPublished(desired: DesiredState): readonly AlsoImage[] {
  return [
    ...new Map(listToldImages(desired).map((image) => [`${image.cloudId}=${image.imageId}`, image])).values(),
  ];
}

function runEntry(entry: WorkEntry, order: Order): Promise<JobOutcome> {
  const config = configOf(entry, order.desired);
  const { cloudImagesUrl, runnerReleasesUrl } = config.externalService;
  const urls = { cloudImages: cloudImagesUrl, runnerReleases: runnerReleasesUrl };
  const tools: JobTools = { ...order.tools, urls };
  switch (entry.act) {
    case 'prepare':
      return prepare(entry, staticConfigs(config, []), tools);
    case 'copy':
      return copy(entry, staticConfigs(config, entry.uploadTo), tools);
    case 'prune':
      return prune(entry, staticConfigs(config, []), tools);
    case 'build':
      return build(entry, config, order, tools);
  }
}

/** Returns the run config of a plan entry. An image that is no longer wanted is pruned as the primary image is. */
function configOf(entry: WorkEntry, desired: DesiredState): RunConfig {
  const found =
    entry.act === 'prepare' ? findConfigOfBase(desired, entry.base) : desired.images.get(entry.imageName);
  return found ?? primaryOf(desired.images);
}

/** One image of the matrix. What became of it is told by its outcome, also when `run` throws for it. */
async function build(
  { imageName, uploadTo, reason }: BuildEntry,
  config: RunConfig,
  { desired, version }: Order,
  tools: JobTools,
): Promise<JobOutcome> {
  const { base, juju, microk8s } = config.image;
  const matrix = { bases: [base], jujuChannels: [juju], microk8sChannels: [microk8s] };
  const outcomes: JobOutcome[] = [];
  try {
    await run(matrix, staticConfigs(config, uploadTo), {
      ...tools,
      only: new Set([imageName]),
      inputs: buildInputsOf(config, version),
      secretsGeneration: desired.credentialsGeneration,
      maxParallel: 1, // how many run at a time is decided by the plan
      reasonOf: () => reason,
      onImage: (_, outcome) => outcomes.push(outcome),
    });
  } catch (error) {
    if (!(error instanceof BuilderRunError)) throw error;
  }
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error(`${imageName}: its build told nothing of it`);
  return outcome;
}

function staticConfigs({ image, cloud }: RunConfig, uploadClouds: readonly string[]): StaticConfigs {
  const { arch, prefix, runnerVersion } = image;
  return {
    cloudConfig: { ...cloud, uploadClouds },
    imageConfig: { arch, prefix, scriptUrl: undefined, runnerVersion },
    serviceConfig: { dockerhubCache: undefined, proxy: undefined },
  };
}
