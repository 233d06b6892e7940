import { InputError } from '../../model/errors.ts';
import type { OrderOf } from '../../model/job-order.ts';
import type { RunConfig } from '../../model/run-config.ts';
import type { OrderOptions } from './create-order.ts';
import { failedBy } from './job-outcome.ts';
import { runJob } from './run-job.ts';
import type { BuilderTools, JobOutcome } from '../tools.ts';

/** An image to build and the clouds that receive it. */
export type ImageOrder = Pick<OrderOf<'build'>, 'entry' | 'inputs' | 'cloudIds' | 'secretsGeneration'>;

/** Builds one image. Prunes no revision, because consumers may still use it. */
export function orderBuild(
  image: ImageOrder,
  options: OrderOptions,
  tools: BuilderTools,
): Promise<JobOutcome> {
  const refused = findRefusal(image.entry);
  if (refused !== undefined) return Promise.resolve(failedBy(refused));
  const { imageName } = image.entry.image;
  return runJob(
    { kind: 'build', imageName, ...image, withinCloud: 'copy', keepRevisions: undefined },
    options,
    tools,
  );
}

/** Returns an error for an image that this version cannot build, before a job is started. */
function findRefusal({ image, externalService }: RunConfig): InputError | undefined {
  const unsupported: readonly (readonly [string, string])[] = [
    ['Juju', image.juju],
    ['MicroK8s', image.microk8s],
    ['a DockerHub cache', externalService.dockerhubCache],
  ];
  const problems = unsupported
    .filter(([, value]) => value !== '')
    .map(([what]) => `expected an image without ${what}: this version does not build one with it`);
  return problems.length === 0 ? undefined : new InputError(problems);
}
