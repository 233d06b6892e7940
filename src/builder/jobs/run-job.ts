import type { OrderOf, WorkTask } from '../../model/job/job-order.ts';
import { awaitJob } from './await-job.ts';
import { type OrderOptions, createOrder } from './create-order.ts';
import { asOutcome } from './job-outcome.ts';
import { startJob } from './start-job.ts';
import type { BuilderTools, JobOutcome } from '../tools.ts';

/**
 * Starts a job and waits for its end. Returns a failed outcome when it cannot start; throws only when the daemon stops.
 */
export function runJob(task: WorkTask, options: OrderOptions, tools: BuilderTools): Promise<JobOutcome> {
  return asOutcome(
    async () => awaitJob(await startJob(createOrder(task, options, tools), tools), tools),
    tools.signal,
  );
}

/** An image to build and the clouds that receive it. */
export type ImageOrder = Pick<OrderOf<'build'>, 'entry' | 'inputs' | 'cloudIds' | 'secretsGeneration'> &
  Partial<Pick<OrderOf<'build'>, 'layerId'>>;

/** Builds one image. Prunes no revision, because consumers may still use it. */
export function orderBuild(
  image: ImageOrder,
  options: OrderOptions,
  tools: BuilderTools,
): Promise<JobOutcome> {
  const { imageName } = image.entry.image;
  return runJob(
    { kind: 'build', imageName, layerId: undefined, ...image, withinCloud: 'copy', keepRevisions: undefined },
    options,
    tools,
  );
}
