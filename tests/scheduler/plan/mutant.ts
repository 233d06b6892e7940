import type { Plan, PlanEntry, PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import type { Planner } from './plan-checks.ts';

/** A planner with a fault: what it does wrong, the planner, and the faults that the properties find. */
export type Mutant = readonly [string, Planner, RegExp];

/** Returns a planner that decides by a changed input. */
export const withInput =
  (change: (input: PlanInput) => Partial<PlanInput>): Planner =>
  (input) =>
    planWork({ ...input, ...change(input) });

/** Returns a planner that changes the entries of the real plan. */
export const edited =
  (edit: (entry: PlanEntry, input: PlanInput) => readonly PlanEntry[]): Planner =>
  (input): Plan =>
    planWork(input).flatMap((entry) => edit(entry, input));
