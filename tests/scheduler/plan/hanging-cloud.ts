import { applicationOf } from '../../../src/model/unit/desired-state.ts';
import { findPin, isConsumerPaused } from '../../../src/model/unit/steering.ts';
import { rememberEnded } from '../../../src/scheduler/journal/answers.ts';
import { listJobKeys } from '../../../src/scheduler/journal/cancellations.ts';
import type { SimulatedJob } from './simulated-layers.ts';
import type { Simulation } from './simulation.ts';

/** A build cloud that answers no request for some reconciles. */
export interface Hang {
  readonly reconciles: number;
  /** Reports whether the cloud did what the jobs requested, whose responses never came. */
  readonly isDone: boolean;
}

const MINUTES_5 = 1 / 12;

/** Simulates a build cloud that hangs: the jobs that use it time out, and it is not observed until it answers again. */
export function hang(simulation: Simulation, { reconciles, isDone }: Hang, reconcile: () => void): void {
  const wasDown = simulation.down.has('builder');
  for (const job of simulation.jobs.filter(usesBuildCloud)) timeOut(simulation, job, isDone && !wasDown);
  simulation.down.add('builder');
  for (let count = 0; count < reconciles; count += 1) {
    reconcile();
    simulation.dispatch();
    simulation.faults.push(...findUnserved(simulation));
    simulation.advance(MINUTES_5);
  }
  if (!wasDown) simulation.down.delete('builder');
}

function usesBuildCloud({ entry }: SimulatedJob): boolean {
  return entry.act !== 'prune' || entry.cloudId === 'builder';
}

/** Ends a job without a response. A build whose image was made has made no copy. */
function timeOut(simulation: Simulation, job: SimulatedJob, isDone: boolean): void {
  const { journal } = simulation;
  const { entry, kind, buildId } = job;
  const requested = entry.act === 'build' ? { ...entry, uploadTo: [] } : entry;
  if (isDone) simulation.end({ ...job, entry: requested }, true);
  simulation.jobs = simulation.jobs.filter((other) => other !== job);
  simulation.journal = journal;
  for (const key of listJobKeys(job).filter((each) => each.kind === kind)) simulation.record(job, key, false);
  simulation.journal = rememberEnded(simulation.journal, buildId);
}

/** Returns a fault for each consumer that is not offered an image which its own cloud lists. */
function findUnserved(simulation: Simulation): readonly string[] {
  const { desired, jobs, down, slow, databags } = simulation;
  const doomed = jobs.flatMap(({ deletableIds = [] }) => deletableIds);
  const unusable = new Set([...doomed, ...simulation.hidden]);
  return desired.consumers
    .filter(({ cloudId }) => !down.has(cloudId) && !slow.has(cloudId))
    .filter((consumer) => !isConsumerPaused(desired.steering, applicationOf(consumer)))
    .flatMap(({ cloudId, relationId }) => {
      const active = simulation
        .imagesOf(cloudId)
        .filter(({ id, status }) => status === 'active' && !unusable.has(id));
      const published = databags.get(relationId) ?? [];
      return [...desired.images.keys()]
        .filter((imageName) => findPin(desired.steering, imageName) === undefined)
        .filter((imageName) => active.some(({ name }) => name === imageName))
        .filter((imageName) => !active.some(({ id, name }) => name === imageName && published.includes(id)))
        .map((imageName) => `${cloudId} is not offered ${imageName}, which it has`);
    });
}
