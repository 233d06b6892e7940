import type { Observation } from '../src/model/observation.ts';
import { planWork } from '../src/scheduler/plan/plan.ts';
import { CLOUDS, IMAGES, type PlanState, listPlanStates } from './plan-states.ts';

/** One row of the benchmark: the medians of several plans of one state, and of the baseline in between. */
export interface PlanRow {
  readonly what: string;
  readonly images: number;
  readonly clouds: number;
  /** The number of entries of the plan. */
  readonly entries: number;
  readonly seconds: number;
  /** The time to encode the observation of the state as JSON and to decode it. */
  readonly baselineSeconds: number;
}

const RUNS = 15;

/** Measures the plans of states with 200 images in 10 clouds. */
export function measurePlans(show: (row: PlanRow) => void): readonly PlanRow[] {
  return listPlanStates().map((state) => {
    const row = measureState(state);
    show(row);
    return row;
  });
}

function measureState({ what, input }: PlanState): PlanRow {
  const times: number[] = [];
  const baselines: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    times.push(secondsOf(() => planWork(input)));
    baselines.push(secondsOf(() => roundTrip(input.observation ?? [])));
  }
  const entries = planWork(input).length;
  return {
    ...{ what, images: IMAGES, clouds: CLOUDS, entries },
    ...{ seconds: medianOf(times), baselineSeconds: medianOf(baselines) },
  };
}

function roundTrip(observation: Observation): unknown {
  return JSON.parse(JSON.stringify(observation));
}

function secondsOf(work: () => unknown): number {
  const begun = performance.now();
  work();
  return (performance.now() - begun) / 1000;
}

function medianOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
}
