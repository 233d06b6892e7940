import type { CloudImage } from '../model/built.ts';
import { InputError } from '../model/errors.ts';
import { type ConfigMatrix, expandMatrix } from '../model/run-config.ts';
import { throwIfAborted } from '../system/wait.ts';
import { awaitJob } from './await-job.ts';
import { renderBuild } from './command-lines.ts';
import { ImageConfig, type RunConfig, type StaticConfigs } from './config.ts';
import { BuilderRunError, JobError } from './errors.ts';
import { asOutcome, failedBy } from './job-outcome.ts';
import { listArrivedImages } from './job-result.ts';
import { mapWithin } from '../system/map-within.ts';
import { startJob } from './start-job.ts';
import type { JobOutcome, RunTools } from './tools.ts';

/** One build for each combination, in the matrix's order. */
export function deriveRunConfigs(matrix: ConfigMatrix, config: StaticConfigs): readonly RunConfig[] {
  const { cloudConfig: cloud, imageConfig, serviceConfig: externalService } = config;
  return expandMatrix(matrix).map((variant) => ({
    image: new ImageConfig({ ...imageConfig, ...variant }),
    cloud,
    externalService,
  }));
}

/**
 * Builds the images of the matrix, or `only` some of them; each is reported as soon as its build has ended. Gives, in
 * the matrix's order, where each arrived; nothing for one that was not to be built. Throws BuilderRunError, with all
 * that arrived, when not everything did; CancelledError when we stop, and then the builds run on.
 */
export async function run(
  matrix: ConfigMatrix,
  config: StaticConfigs,
  tools: RunTools,
): Promise<readonly (readonly CloudImage[])[]> {
  const configs = deriveRunConfigs(matrix, config);
  const isWanted = ({ image }: RunConfig): boolean => tools.only?.has(image.imageName) ?? true;
  const outcomes = await mapWithin(tools.maxParallel, configs, async (one) => {
    if (!isWanted(one)) return undefined;
    const outcome = await build(one, tools);
    tools.onImage?.(one.image.imageName, outcome);
    return outcome;
  });
  const results = configs.map((one, index) => toCloudImages(one, outcomes[index]));
  const causes = configs.flatMap(({ image }, index) => toFailures(image.imageName, outcomes[index]));
  if (causes.length > 0) throw new BuilderRunError(results, causes);
  return results;
}

function build(config: RunConfig, tools: RunTools): Promise<JobOutcome> {
  const { image, cloud } = config;
  const refused = refusalOf(config);
  if (refused !== undefined) return Promise.resolve(failedBy(refused));
  return asOutcome(async () => {
    throwIfAborted(tools.signal);
    const job = await startJob(
      {
        kind: 'build',
        buildId: tools.buildIdOf?.(image.imageName),
        subject: image.imageName,
        cloudIds: cloud.uploadClouds,
        reason: tools.reasonOf?.(image.imageName) ?? '',
        render: (owner) => renderBuild({ config, inputs: tools.inputs, urls: tools.urls }, owner),
        secrets: { scriptUrl: image.scriptUrl, generation: tools.secretsGeneration },
      },
      tools,
    );
    return awaitJob(job, tools);
  }, tools.signal);
}

/** What this version cannot build is refused before anything is started for it. */
function refusalOf({ image, externalService }: RunConfig): InputError | undefined {
  const asked: readonly (readonly [string, string | undefined])[] = [
    ['Juju', image.juju],
    ['MicroK8s', image.microk8s],
    ['a DockerHub cache', externalService.dockerhubCache],
    ['a proxy', externalService.proxy],
  ];
  const problems = asked
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([what]) => `expected an image without ${what}: this version does not build one with it`);
  return problems.length === 0 ? undefined : new InputError(problems);
}

function toCloudImages({ image }: RunConfig, outcome: JobOutcome | undefined): readonly CloudImage[] {
  if (outcome?.state === 'failed' && outcome.kind !== 'partial') return []; // what it made it has unmade
  const { arch, base, juju, microk8s } = image;
  return listArrivedImages(outcome?.result).map((arrived) => ({ arch, base, juju, microk8s, ...arrived }));
}

function toFailures(imageName: string, outcome: JobOutcome | undefined) {
  return outcome?.state === 'failed' ? [{ imageName, error: new JobError(outcome) }] : [];
}
