import type { JobTask, OrderHead } from '../../model/job-order.ts';
import type { BuilderTools } from '../tools.ts';

/** The fields of an order that differ from job to job, whatever the job does. */
export type Ordering = Pick<OrderHead, 'reason'> & {
  /** Absent: a new one. */
  readonly buildId?: string | undefined;
  readonly timeouts?: OrderHead['timeouts'];
};

/** Returns the order for a task, by this unit. */
export function createOrder<T extends JobTask>(
  task: T,
  { reason, buildId, timeouts = {} }: Ordering,
  { orderer, clock, newBuildId }: Pick<BuilderTools, 'orderer' | 'clock' | 'newBuildId'>,
): T & OrderHead {
  const orderedAt = new Date(clock.now()).toISOString();
  const id = buildId ?? newBuildId();
  return { ...task, format: 1, id, owner: orderer, reason, orderedAt, timeouts, sshPort: undefined };
}
