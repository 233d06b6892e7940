import type { WorkTask } from '../../model/job-order.ts';
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
