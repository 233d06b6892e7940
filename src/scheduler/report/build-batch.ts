import type { Built } from '../../model/built.ts';
import type { DesiredState } from '../../model/desired-state.ts';
import type { Plan } from '../plan/plan.ts';

/** Of the builds that are under way: how many have ended, and how many there are. */
export type Batch = Built['batch'];

export const NO_BATCH: Batch = { done: 0, total: 0 };

/** What has become of builds since the last look. */
export interface BatchChange {
  readonly ended: number;
  readonly running: number;
  /** Planned, and kept back for others to end first. */
  readonly waiting: number;
}

/** A batch begins with the first build that runs, and ends when none runs and none waits. */
export function nextBatch(batch: Batch, { ended, running, waiting }: BatchChange): Batch {
  if (running + waiting === 0) return NO_BATCH;
  if (batch.total === 0 && running === 0) return NO_BATCH;
  const done = batch.total === 0 ? 0 : batch.done + ended;
  return { done, total: done + running + waiting };
}

/** How many images wait for others, by what the plan says. */
export function countWaiting(plan: Plan, { images }: DesiredState): number {
  const waits = plan.filter((entry) => entry.act === 'skip' && entry.cause === 'waits');
  return waits.filter((entry) => entry.act === 'skip' && images.has(entry.subject)).length;
}
