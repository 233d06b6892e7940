import { InputError } from '../../model/errors.ts';
import type { OrderOf } from '../../model/job-order.ts';
import type { RunConfig } from '../../model/run-config.ts';
import type { Ordering } from './create-order.ts';
import { failedBy } from './job-outcome.ts';
import { runJob } from './run-job.ts';
import type { BuilderTools, JobOutcome } from '../tools.ts';

/** One image to build, and the clouds that get it. */
export type ImageOrder = Pick<OrderOf<'build'>, 'entry' | 'inputs' | 'cloudIds' | 'secretsGeneration'>;

/** Builds one image. No revision is pruned: consumers may still use them. */
export function orderBuild(image: ImageOrder, ordering: Ordering, tools: BuilderTools): Promise<JobOutcome> {
  const refused = findRefusal(image.entry);
  if (refused !== undefined) return Promise.resolve(failedBy(refused));
  const { imageName } = image.entry.image;
  return runJob(
    { kind: 'build', imageName, ...image, withinCloud: 'copy', keepRevisions: undefined },
    ordering,
    tools,
  );
}

/** Refuses what this version cannot build, before anything is started for it. */
function findRefusal({ image, externalService }: RunConfig): InputError | undefined {
  const asked: readonly (readonly [string, string])[] = [
    ['Juju', image.juju],
    ['MicroK8s', image.microk8s],
    ['a DockerHub cache', externalService.dockerhubCache],
  ];
  const problems = asked
    .filter(([, value]) => value !== '')
    .map(([what]) => `expected an image without ${what}: this version does not build one with it`);
  return problems.length === 0 ? undefined : new InputError(problems);
}
