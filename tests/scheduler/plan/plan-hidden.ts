import type { Planner } from './plan-checks.ts';
import { applyEvent, newSimulation, runUntilQuiet, reconcile } from './plan-property.ts';
import { type SimulatedEvent } from './simulated-events.ts';

/** Simulates two days with a cloud that never lists new images. Returns a fault when too many builds start. */
export function runHidden(events: readonly SimulatedEvent[], planner: Planner): readonly string[] {
  const simulation = newSimulation();
  for (const event of events) applyEvent(simulation, event, planner);
  runUntilQuiet(simulation, planner);
  simulation.isHiding = true;
  simulation.advance(25);
  const before = simulation.startedBuilds.length;
  for (let minutes = 0; minutes < 48 * 60; minutes += 5) {
    reconcile(simulation, planner);
    for (const job of simulation.jobs) simulation.end(job, true);
    simulation.advance(1 / 12);
  }
  const built = simulation.startedBuilds.length - before;
  const most = 16 * simulation.desired.images.size; // 7 while the back-off grows to 6 hours, then 4 a day
  return built > most ? [`${built} builds of images that are never listed`] : [];
}
