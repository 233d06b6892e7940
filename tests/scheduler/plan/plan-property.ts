import fc from 'fast-check';
import { encodeBuildInputs } from '../../../src/model/build-inputs.ts';
import { chooseImage, listActiveImages } from '../../../src/scheduler/plan/plan-clouds.ts';
import { primaryOf } from '../../../src/model/desired-state.ts';
import { type Planner, checkPlan } from './plan-checks.ts';
import { changeDesired } from '../desired-fixtures.ts';
import { SimulatedWorld } from './simulated-world.ts';

/** Two consumers share a project, and one has its own in the build cloud's. */
const PROJECTS: Readonly<Record<string, string>> = { builder: 'p0', c0: 'p1', c1: 'p1', c2: 'p2', c3: 'p0' };
const SETTLE_ROUNDS = 60;
/** So that what is new is published, read back, and pruned. */
const QUIET_ROUNDS = 3;
const SETTLE_STEP_HOURS = 1 / 2;

export type WorldEvent =
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

export function newWorld(): SimulatedWorld {
  return new SimulatedWorld((cloudId) => PROJECTS[cloudId] ?? cloudId);
}

const consumer = fc.integer({ min: 0, max: 3 });
const which = fc.nat(20);

export const anyEvent: fc.Arbitrary<WorldEvent> = fc.oneof(
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

/** Plans, checks the plan and starts it. */
export function tick(world: SimulatedWorld, planner: Planner): void {
  const input = world.input();
  const plan = planner(input);
  world.wrongs.push(...checkPlan(plan, planner, input));
  world.start(plan);
}

export function happen(world: SimulatedWorld, happening: WorldEvent, planner: Planner): void {
  const { desired } = world;
  const change = (changes: Parameters<typeof changeDesired>[1]): void => {
    world.desired = changeDesired(desired, { ...changes, generation: desired.generation + 1 });
  };
  switch (happening.event) {
    case 'tick':
      return tick(world, planner);
    case 'day':
      return passDay(world, planner);
    case 'slots':
      return change({ build: { maxParallel: happening.max } });
    case 'dispatch':
      return world.dispatch();
    case 'ask':
      return change({ requests: [...desired.requests, newRequest(world)] });
    case 'lose journal':
      world.journal = newWorld().journal;
      return;
    case 'recover':
      return world.recover();
    case 'hide':
      world.isHiding = true;
      return;
    case 'join':
      return change({ consumers: withConsumer(world, happening.consumer), published: undefined });
    case 'leave':
      return change({
        consumers: desired.consumers.filter(({ relationId }) => relationId !== happening.consumer),
      });
    case 'end': {
      const job = world.jobs[happening.which % Math.max(1, world.jobs.length)];
      return job === undefined ? undefined : world.end(job, happening.isGood);
    }
    case 'down':
      world.down.add(happening.cloudId);
      return;
    case 'credentials':
      world.credentials = happening.are;
      return;
    case 'clock':
      world.now += happening.hours * 3_600_000;
      return;
    case 'pass':
      return world.advance(happening.hours);
    case 'runner':
      return change({ images: { runnerVersion: happening.version } });
    case 'bases':
      return change({ images: { bases: happening.bases } });
    case 'vanish': {
      const images = world.imagesOf('builder');
      images.splice(happening.which % Math.max(1, images.length), 1);
    }
  }
}

/** A day without any word from the charm: what is due is prepared, built and copied, and so on. */
function passDay(world: SimulatedWorld, planner: Planner): void {
  world.advance(25);
  for (let round = 0; round < 3; round += 1) {
    tick(world, planner);
    for (const job of world.jobs) world.end(job, true);
  }
}

function withConsumer({ desired: { consumers } }: SimulatedWorld, relationId: number) {
  const joined = { relationId, unit: `u${relationId}/0`, cloudId: `c${relationId}` };
  return consumers.some((each) => each.relationId === relationId) ? consumers : [...consumers, joined];
}

/** As the charm does: an image that was asked for already shares its build. */
function newRequest({ desired }: SimulatedWorld) {
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

/** All is well from here on, and everything that starts ends well: how many rounds until there is nothing to do. */
export function settle(world: SimulatedWorld, planner: Planner): number {
  world.recover();
  world.credentials = 'ready';
  if (world.desired.consumers.length === 0) happen(world, { event: 'join', consumer: 2 }, planner);
  let quiet = 0;
  for (let round = 0; round < SETTLE_ROUNDS; round += 1) {
    world.dispatch();
    world.dispatch();
    tick(world, planner);
    quiet = world.jobs.length === 0 && isQuiet(world, planner) ? quiet + 1 : 0;
    if (quiet > QUIET_ROUNDS) return round;
    for (const job of world.jobs) world.end(job, true);
    world.advance(SETTLE_STEP_HOURS);
  }
  return SETTLE_ROUNDS;
}

function isQuiet(world: SimulatedWorld, planner: Planner): boolean {
  const isDone = (entry: ReturnType<Planner>[number]): boolean =>
    entry.act === 'skip' && (entry.cause === 'fresh' || entry.cause === 'done');
  return world.desired.requests.length === 0 && planner(world.input()).every(isDone);
}

/** What is wrong with a world that has come to rest. */
export function checkServed(world: SimulatedWorld): readonly string[] {
  const { images, consumers } = world.desired;
  const { runnerVersion } = primaryOf(images).image;
  const runner = runnerVersion === '' ? 'latest' : runnerVersion;
  const inputs = encodeBuildInputs({ charm: '1.0.0', runner, script: 'none' });
  const source = world.imagesOf('builder').toReversed();
  return [...images.keys()].flatMap((imageName) =>
    consumers.flatMap(({ cloudId, relationId }) => {
      const [newest] = listActiveImages(source, imageName);
      const chosen = chooseImage(world.imagesOf(cloudId).toReversed(), imageName, source);
      const isCopy = chosen?.sourceImageId === newest?.id || chosen?.id === newest?.id;
      const isPublished =
        chosen !== undefined && world.databags.get(relationId)?.includes(chosen.id) === true;
      return [
        ...(chosen !== undefined && isCopy ? [] : [`${cloudId} lacks the newest ${imageName}`]),
        ...(chosen?.runConfig === inputs ? [] : [`${imageName} in ${cloudId} is not as it is wanted`]),
        ...(isPublished ? [] : [`${imageName} is not published to ${cloudId}`]),
      ];
    }),
  );
}

/** Lives through a history and comes to rest; all that was wrong on the way. */
export function liveThrough(events: readonly WorldEvent[], planner: Planner): readonly string[] {
  const world = newWorld();
  for (const event of events) happen(world, event, planner);
  const before = world.startedBuilds.length;
  const limit = 3 * 2 + world.desired.requests.length * 2;
  const rounds = settle(world, planner);
  if (rounds === SETTLE_ROUNDS) return [...world.wrongs, 'it does not come to rest'];
  const built = world.startedBuilds.length - before;
  const served = checkServed(world);
  return [...world.wrongs, ...served, ...(built > limit ? [`${built} builds until it came to rest`] : [])];
}
