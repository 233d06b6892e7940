import fc from 'fast-check';
import { encodeBuildInputs } from '../../../src/model/build-inputs.ts';
import { chooseImage, listActiveImages } from '../../../src/scheduler/plan/plan-clouds.ts';
import { primaryOf } from '../../../src/model/desired-state.ts';
import { type Planner, checkPlan } from './plan-checks.ts';
import { changeDesired } from '../desired-fixtures.ts';
import { Simulation } from './simulation.ts';

/** The project of each cloud. Two consumers share a project, and one uses the project of the build cloud. */
const PROJECTS: Readonly<Record<string, string>> = { builder: 'p0', c0: 'p1', c1: 'p1', c2: 'p2', c3: 'p0' };
const MAX_ROUNDS = 60;
/** Enough rounds to publish new images, confirm the publication, and prune. */
const QUIET_ROUNDS = 3;
const ROUND_HOURS = 1 / 2;

export type SimulatedEvent =
  | { readonly event: 'slots'; readonly max: number }
  | { readonly event: 'tick' | 'day' | 'dispatch' | 'ask' | 'lose journal' | 'recover' | 'hide' }
  | { readonly event: 'join' | 'leave'; readonly consumer: number }
  | { readonly event: 'end'; readonly which: number; readonly isGood: boolean }
  | { readonly event: 'down'; readonly cloudId: string }
  | { readonly event: 'credentials'; readonly are: 'ready' | 'missing' | 'outdated' }
  | { readonly event: 'clock' | 'pass'; readonly hours: number }
  | { readonly event: 'runner'; readonly version: string }
  | { readonly event: 'bases'; readonly bases: readonly ('noble' | 'jammy')[] }
  | { readonly event: 'vanish'; readonly which: number };

export function newSimulation(): Simulation {
  return new Simulation((cloudId) => PROJECTS[cloudId] ?? cloudId);
}

const consumer = fc.integer({ min: 0, max: 3 });
const which = fc.nat(20);

export const anyEvent: fc.Arbitrary<SimulatedEvent> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ event: 'tick' } as const) },
  { weight: 6, arbitrary: fc.record({ event: fc.constant('end' as const), which, isGood: fc.boolean() }) },
  { weight: 4, arbitrary: fc.constant({ event: 'dispatch' } as const) },
  { weight: 4, arbitrary: fc.constant({ event: 'day' } as const) },
  {
    weight: 1,
    arbitrary: fc.record({ event: fc.constant('slots' as const), max: fc.integer({ min: 1, max: 2 }) }),
  },
  { weight: 3, arbitrary: fc.record({ event: fc.constant('join' as const), consumer }) },
  { weight: 1, arbitrary: fc.record({ event: fc.constant('leave' as const), consumer }) },
  {
    weight: 2,
    arbitrary: fc.record({ event: fc.constant('pass' as const), hours: fc.constantFrom(0.1, 1, 8, 25) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ event: fc.constant('clock' as const), hours: fc.constantFrom(-30, -2, 2, 30) }),
  },
  { weight: 2, arbitrary: fc.constant({ event: 'ask' } as const) },
  {
    weight: 1,
    arbitrary: fc.record({ event: fc.constant('runner' as const), version: fc.constantFrom('', '2.1.0') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      event: fc.constant('bases' as const),
      bases: fc.constantFrom<readonly ('noble' | 'jammy')[]>(['noble'], ['noble', 'jammy'], ['jammy']),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      event: fc.constant('down' as const),
      cloudId: fc.constantFrom('builder', 'c0', 'c1', 'c2'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ event: 'recover' } as const) },
  { weight: 1, arbitrary: fc.constant({ event: 'hide' } as const) },
  { weight: 1, arbitrary: fc.constant({ event: 'lose journal' } as const) },
  { weight: 1, arbitrary: fc.record({ event: fc.constant('vanish' as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({
      event: fc.constant('credentials' as const),
      are: fc.constantFrom('ready' as const, 'ready' as const, 'missing' as const, 'outdated' as const),
    }),
  },
);

/** Makes a plan, checks it and starts its jobs. */
export function reconcile(simulation: Simulation, planner: Planner): void {
  const input = simulation.input();
  const plan = planner(input);
  simulation.faults.push(...checkPlan(plan, planner, input));
  simulation.start(plan);
}

export function applyEvent(simulation: Simulation, event: SimulatedEvent, planner: Planner): void {
  const { desired } = simulation;
  const change = (changes: Parameters<typeof changeDesired>[1]): void => {
    simulation.desired = changeDesired(desired, { ...changes, generation: desired.generation + 1 });
  };
  switch (event.event) {
    case 'tick':
      return reconcile(simulation, planner);
    case 'day':
      return passDay(simulation, planner);
    case 'slots':
      return change({ build: { maxParallel: event.max } });
    case 'dispatch':
      return simulation.dispatch();
    case 'ask':
      return change({ requests: [...desired.requests, newRequest(simulation)] });
    case 'lose journal':
      simulation.journal = newSimulation().journal;
      return;
    case 'recover':
      return simulation.recover();
    case 'hide':
      simulation.isHiding = true;
      return;
    case 'join':
      return change({ consumers: withConsumer(simulation, event.consumer), published: undefined });
    case 'leave':
      return change({
        consumers: desired.consumers.filter(({ relationId }) => relationId !== event.consumer),
      });
    case 'end': {
      const job = simulation.jobs[event.which % Math.max(1, simulation.jobs.length)];
      return job === undefined ? undefined : simulation.end(job, event.isGood);
    }
    case 'down':
      simulation.down.add(event.cloudId);
      return;
    case 'credentials':
      simulation.credentials = event.are;
      return;
    case 'clock':
      simulation.now += event.hours * 3_600_000;
      return;
    case 'pass':
      return simulation.advance(event.hours);
    case 'runner':
      return change({ images: { runnerVersion: event.version } });
    case 'bases':
      return change({ images: { bases: event.bases } });
    case 'vanish': {
      const images = simulation.imagesOf('builder');
      images.splice(event.which % Math.max(1, images.length), 1);
    }
  }
}

/** Simulates a day without a dispatch of the charm. All jobs succeed. */
function passDay(simulation: Simulation, planner: Planner): void {
  simulation.advance(25);
  for (let round = 0; round < 3; round += 1) {
    reconcile(simulation, planner);
    for (const job of simulation.jobs) simulation.end(job, true);
  }
}

function withConsumer({ desired: { consumers } }: Simulation, relationId: number) {
  const joined = { relationId, unit: `u${relationId}/0`, cloudId: `c${relationId}` };
  return consumers.some((each) => each.relationId === relationId) ? consumers : [...consumers, joined];
}

/** Returns a request like the charm's: an image that was requested before keeps the build id. */
function newRequest({ desired }: Simulation) {
  const action = `${desired.generation}`;
  const asked = desired.requests.flatMap(({ builds }) => builds);
  const builds = [...desired.images.keys()].map(
    (imageName) =>
      asked.find((build) => build.imageName === imageName) ?? {
        imageName,
        buildId: `b${action}-${imageName}`,
      },
  );
  return { action, builds };
}

/** Reconciles without further failures until no work is left. Returns the number of rounds. */
export function runUntilQuiet(simulation: Simulation, planner: Planner): number {
  simulation.recover();
  simulation.credentials = 'ready';
  if (simulation.desired.consumers.length === 0)
    applyEvent(simulation, { event: 'join', consumer: 2 }, planner);
  let quiet = 0;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    simulation.dispatch();
    simulation.dispatch();
    reconcile(simulation, planner);
    quiet = simulation.jobs.length === 0 && isQuiet(simulation, planner) ? quiet + 1 : 0;
    if (quiet > QUIET_ROUNDS) return round;
    for (const job of simulation.jobs) simulation.end(job, true);
    simulation.advance(ROUND_HOURS);
  }
  return MAX_ROUNDS;
}

function isQuiet(simulation: Simulation, planner: Planner): boolean {
  const isDone = (entry: ReturnType<Planner>[number]): boolean =>
    entry.act === 'skip' && (entry.cause === 'fresh' || entry.cause === 'done');
  return simulation.desired.requests.length === 0 && planner(simulation.input()).every(isDone);
}

/** Returns the faults of the final state: images that consumers do not have or that are not published to them. */
export function checkServed(simulation: Simulation): readonly string[] {
  const { images, consumers } = simulation.desired;
  const { runnerVersion } = primaryOf(images).image;
  const runner = runnerVersion === '' ? 'latest' : runnerVersion;
  const inputs = encodeBuildInputs({ charm: '1.0.0', runner, script: 'none', base: '' });
  const source = simulation.imagesOf('builder').toReversed();
  return [...images.keys()].flatMap((imageName) =>
    consumers.flatMap(({ cloudId, relationId }) => {
      const [newest] = listActiveImages(source, imageName);
      const chosen = chooseImage(simulation.imagesOf(cloudId).toReversed(), imageName, source);
      const isCopy = chosen?.sourceImageId === newest?.id || chosen?.id === newest?.id;
      const isPublished =
        chosen !== undefined && simulation.databags.get(relationId)?.includes(chosen.id) === true;
      return [
        ...(chosen !== undefined && isCopy ? [] : [`${cloudId} lacks the newest ${imageName}`]),
        ...(chosen?.runConfig === inputs
          ? []
          : [`${imageName} in ${cloudId} has other inputs than the desired state`]),
        ...(isPublished ? [] : [`${imageName} is not published to ${cloudId}`]),
      ];
    }),
  );
}

/** Applies a history and reconciles until no work is left. Returns all faults. */
export function runHistory(events: readonly SimulatedEvent[], planner: Planner): readonly string[] {
  const simulation = newSimulation();
  for (const event of events) applyEvent(simulation, event, planner);
  const before = simulation.startedBuilds.length;
  const limit = 3 * 2 + simulation.desired.requests.length * 2;
  const rounds = runUntilQuiet(simulation, planner);
  if (rounds === MAX_ROUNDS) return [...simulation.faults, 'it does not converge'];
  const built = simulation.startedBuilds.length - before;
  const served = checkServed(simulation);
  return [...simulation.faults, ...served, ...(built > limit ? [`${built} builds until it converged`] : [])];
}
