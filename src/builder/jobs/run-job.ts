import type { WorkTask } from '../../model/job-order.ts';
import { awaitJob } from './await-job.ts';
import { type Ordering, createOrder } from './create-order.ts';
import { asOutcome } from './job-outcome.ts';
import { startJob } from './start-job.ts';
import type { BuilderTools, JobOutcome } from '../tools.ts';

/** Orders a job, starts it and waits for its end; one that cannot be started has failed. Rejects only when we stop. */
export function runJob(task: WorkTask, ordering: Ordering, tools: BuilderTools): Promise<JobOutcome> {
  return asOutcome(
    async () => awaitJob(await startJob(createOrder(task, ordering, tools), tools), tools),
    tools.signal,
  );
}
