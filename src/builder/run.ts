import { encodeBuildInputs } from '../model/image/build-inputs.ts';
import type { CloudImage } from '../model/unit/built.ts';
import {
  type ConfigMatrix,
  type RunConfig,
  type StaticConfigs,
  expandRunConfigs,
} from '../model/run-config.ts';
import { mapWithin } from '../system/map-within.ts';
import { throwIfAborted } from '../system/wait.ts';
import { BuilderRunError, JobError } from './errors.ts';
import { listArrivedImages } from './jobs/job-result.ts';
import { orderBuild } from './jobs/run-job.ts';
import type { JobOutcome, RunTools } from './tools.ts';

/**
 * Builds the images of the matrix and reports each one as soon as its build has ended. Returns the clouds that have
 * each image, in the order of the matrix. This is the API document's form of `orderBuild`, which the scheduler calls
 * for one image of its plan. Throws BuilderRunError, which contains the successful images, when an image fails. Throws
 * CancelledError when the daemon stops; the builds continue.
 */
export async function run(
  configMatrix: ConfigMatrix,
  staticConfig: StaticConfigs,
  tools: RunTools,
): Promise<readonly (readonly CloudImage[])[]> {
  const entries = expandRunConfigs(configMatrix, staticConfig);
  const outcomes = await mapWithin(tools.maxParallel, entries, async (entry) => {
    throwIfAborted(tools.signal);
    const outcome = await build(entry, tools);
    tools.onImage?.(entry.image.imageName, outcome);
    return outcome;
  });
  const results = entries.map((entry, index) => toCloudImages(entry, outcomes[index]));
  const causes = entries.flatMap(({ image }, index) => toFailures(image.imageName, outcomes[index]));
  if (causes.length > 0) throw new BuilderRunError(results, causes);
  return results;
}

function build(entry: RunConfig, tools: RunTools): Promise<JobOutcome> {
  const { inputs, secretsGeneration, reason = '' } = tools;
  const cloudIds = entry.cloud.uploadClouds;
  return orderBuild(
    { entry, inputs: encodeBuildInputs(inputs), cloudIds, secretsGeneration },
    { reason },
    tools,
  );
}

function toCloudImages({ image }: RunConfig, outcome: JobOutcome | undefined): readonly CloudImage[] {
  if (outcome?.state === 'failed' && outcome.kind !== 'partial') return []; // a failed build removes what it created
  const { arch, base, juju, microk8s } = image;
  return listArrivedImages(outcome?.result).map((arrived) => ({ arch, base, juju, microk8s, ...arrived }));
}

function toFailures(imageName: string, outcome: JobOutcome | undefined) {
  return outcome?.state === 'failed' ? [{ imageName, error: new JobError(outcome) }] : [];
}
