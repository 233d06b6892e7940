import type { JobTask, OrderHead } from '../../model/job/job-order.ts';
import type { BuilderTools } from '../tools.ts';

/** The fields of an order that do not depend on its task. */
export type OrderOptions = Pick<OrderHead, 'reason'> & {
  /** Defaults to a new id. */
  readonly buildId?: string | undefined;
  readonly timeouts?: OrderHead['timeouts'];
};

/** Returns the order of this unit for a task. */
export function createOrder<T extends JobTask>(
  task: T,
  { reason, buildId, timeouts = {} }: OrderOptions,
  { orderer, clock, newBuildId }: Pick<BuilderTools, 'orderer' | 'clock' | 'newBuildId'>,
): T & OrderHead {
  const orderedAt = new Date(clock.now()).toISOString();
  const id = buildId ?? newBuildId();
  return { ...task, format: 1, id, owner: orderer, reason, orderedAt, timeouts, sshPort: undefined };
}
