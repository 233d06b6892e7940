import { adoptJob } from '../../builder/jobs/await-job.ts';
import { cancelJob } from '../../builder/jobs/cancel-job.ts';
import { groupByLogin, observeLogin } from '../../builder/observe.ts';
import { killObservations, listOngoingJobs } from '../../builder/jobs/ongoing-jobs.ts';
import { readStep } from '../../builder/jobs/read-step.ts';
import { orderBuild, runJob } from '../../builder/jobs/run-job.ts';
import { tidyJobs } from '../../builder/jobs/tidy-jobs.ts';
import type { BuilderTools, JobOutcome } from '../../builder/tools.ts';
import { buildInputsOf, encodeBuildInputs } from '../../model/image/build-inputs.ts';
import { primaryOf } from '../../model/unit/desired-images.ts';
import {
  type DesiredState,
  findConfigOfBase,
  listLookedFor,
  uploadCloudsOf,
} from '../../model/unit/desired-state.ts';
import { isLayerName, toLayerConfig } from '../../model/image/layers.ts';
import type { OrderOf } from '../../model/job/job-order.ts';
import type { RunConfig } from '../../model/run-config.ts';
import type { Trial } from '../../model/job/trial.ts';
import type { JobRunner, WorkEntry } from './job-runner.ts';
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
    groupByLogin: (cloudIds) => groupByLogin(cloudIds, tools),
    observe: (cloudIds, apiTimeoutS) =>
      observeLogin(cloudIds, tools, { extraImages: listLookedFor(parts.desired), apiTimeoutS }),
    killObservations: () => killObservations(tools),
    listOngoing: () => listOngoingJobs(tools),
    run: (entry, buildId) => runEntry(entry, buildId, parts),
    adopt: (job) => adoptJob(job, tools),
    cancel: (buildId, action) => cancelJob(buildId, action, tools),
    markRecorded: (buildId) => markRecorded(tools.paths, buildId),
    readStep: (buildId) => readStep(buildId, tools),
    tidy: () => tidyJobs(tools),
  };
}

function runEntry(entry: WorkEntry, buildId: string, parts: RunnerParts): Promise<JobOutcome> {
  const { desired, version, tools } = parts;
  const job = { reason: entry.reason, buildId };
  if (entry.act === 'prune-clouds') {
    const { subject, isDryRun, protectedIds, revisions, former, omitted } = entry;
    const prunes = { revisions, former, omitted };
    return runJob({ kind: entry.act, subject, isDryRun, protectedIds, ...prunes }, job, tools);
  }
  if (entry.act === 'preflight') {
    const primary = primaryOf(desired.images);
    const [, ...others] = desired.images.values();
    const task = { entries: [primary, ...others], cloudIds: uploadCloudsOf(desired) } as const;
    return runJob({ kind: entry.act, ...task }, job, tools);
  }
  if (entry.act === 'sweep') {
    const { buildCloud, cloudIds } = entry;
    return runJob({ kind: 'sweep', buildCloud, cloudIds }, job, tools);
  }
  if (entry.act === 'trial') {
    const { trial } = entry;
    return runJob({ kind: entry.act, ...placeOf(trial, primaryOf(desired.images)), trial }, job, tools);
  }
  const config = configOf(entry, desired);
  switch (entry.act) {
    case 'prepare':
      return runJob({ kind: 'prepare', entries: [config] }, job, tools);
    case 'layer': {
      const { name: imageName, key: inputs, microk8s, layerId } = entry;
      const order = { imageName, entry: toLayerConfig(config, microk8s), inputs, layerId };
      return runJob({ kind: 'layer', ...order }, job, tools);
    }
    case 'build': {
      const inputs = encodeBuildInputs(buildInputsOf(config, version));
      const { credentialsGeneration: secretsGeneration } = desired;
      const image = { entry: config, layerId: entry.layerId, cloudIds: entry.uploadTo };
      return orderBuild({ ...image, inputs, secretsGeneration }, job, tools);
    }
    case 'copy': {
      const { imageName, imageId, uploadTo: cloudIds } = entry;
      const image = { imageName, imageId, buildCloud: config.cloud.buildCloud, cloudIds };
      return runJob({ kind: 'copy', ...image, withinCloud: 'copy', keepRevisions: undefined }, job, tools);
    }
    case 'prune': {
      const { imageName, cloudId, deletableIds, protectedIds, publishedIds } = entry;
      const keepRevisions = isLayerName(imageName) ? 0 : config.cloud.numRevisions;
      const revisions = { keepRevisions, deletableIds, protectedIds, publishedIds };
      return runJob({ kind: 'prune', imageName, cloudId, ...revisions, isDryRun: false }, job, tools);
    }
  }
}

type TrialPlace = Pick<
  OrderOf<'trial'>,
  'buildCloud' | 'flavor' | 'network' | 'floatingNetwork' | 'sshCidrs'
>;

/** Returns the place of a trial's server. The options for builders do not apply to the clouds of consumers. */
function placeOf({ cloudId, network }: Trial, { cloud }: Pick<RunConfig, 'cloud'>): TrialPlace {
  const { buildCloud, buildFlavor: flavor, buildNetwork, floatingNetwork, sshCidrs } = cloud;
  if (cloudId === '' || cloudId === buildCloud) {
    return { buildCloud, flavor, network: network || buildNetwork, floatingNetwork, sshCidrs };
  }
  return { buildCloud: cloudId, flavor: '', network, floatingNetwork: '', sshCidrs };
}

type ConfiguredEntry = Exclude<WorkEntry, { readonly act: 'sweep' | 'preflight' | 'prune-clouds' | 'trial' }>;

/** Returns the run config of a plan entry. An image that is no longer desired uses the settings of the primary image. */
function configOf(entry: ConfiguredEntry, desired: DesiredState): RunConfig {
  return findConfig(entry, desired) ?? primaryOf(desired.images);
}

function findConfig(entry: ConfiguredEntry, desired: DesiredState): RunConfig | undefined {
  switch (entry.act) {
    case 'prepare':
      return findConfigOfBase(desired, entry.base);
    case 'layer':
      return desired.images.get(entry.firstUser);
    case 'build':
    case 'copy':
    case 'prune':
      return desired.images.get(entry.imageName);
  }
}
