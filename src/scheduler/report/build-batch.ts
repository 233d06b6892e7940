import type { Built } from '../../model/unit/built.ts';
import type { DesiredState } from '../../model/unit/desired-state.ts';
import type { Plan } from '../plan/plan.ts';

/** The progress of the current builds: the number of ended builds and the number of all. */
export type Batch = Built['batch'];

export const NO_BATCH: Batch = { done: 0, total: 0 };

/** The change of the builds since the last report. */
export interface BatchChange {
  readonly ended: number;
  readonly running: number;
  /** The number of planned builds that wait for others to end. */
  readonly waiting: number;
}

/** Returns the batch after a change. A batch begins with the first running build and ends when none runs or waits. */
export function nextBatch(batch: Batch, { ended, running, waiting }: BatchChange): Batch {
  if (running + waiting === 0) return NO_BATCH;
  if (batch.total === 0 && running === 0) return NO_BATCH;
  const done = batch.total === 0 ? 0 : batch.done + ended;
  return { done, total: done + running + waiting };
}

/** Counts the images of a plan that wait for other builds. */
export function countWaiting(plan: Plan, { images }: DesiredState): number {
  const waits = plan.filter((entry) => entry.act === 'skip' && entry.cause === 'waits');
  return waits.filter((entry) => entry.act === 'skip' && images.has(entry.subject)).length;
}
