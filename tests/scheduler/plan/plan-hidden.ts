import type { Planner } from './plan-checks.ts';
import { type WorldEvent, happen, newWorld, settle, tick } from './plan-property.ts';

/** Two days with a cloud that never shows what was built: what is wrong with how often it is built. */
export function liveHidden(events: readonly WorldEvent[], planner: Planner): readonly string[] {
  const world = newWorld();
  for (const event of events) happen(world, event, planner);
  settle(world, planner);
  world.isHiding = true;
  world.advance(25);
  const before = world.startedBuilds.length;
  for (let minutes = 0; minutes < 48 * 60; minutes += 5) {
    tick(world, planner);
    for (const job of world.jobs) world.end(job, true);
    world.advance(1 / 12);
  }
  const built = world.startedBuilds.length - before;
  const most = 16 * world.desired.images.size; // 7 while the rest grows to 6 hours, then 4 a day
  return built > most ? [`${built} builds of what is never seen`] : [];
}
