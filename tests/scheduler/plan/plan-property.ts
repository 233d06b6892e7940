import { DEFAULT_CONTENT } from '../../../src/model/guest/guest-options.ts';
import { encodeBuildInputs } from '../../../src/model/image/build-inputs.ts';
import { primaryOf } from '../../../src/model/unit/desired-images.ts';
import { NO_STEERING, type Steering } from '../../../src/model/unit/steering.ts';
import { type Planner, checkPlan } from './plan-checks.ts';
import { checkLayerAges } from './layer-checks.ts';
import { changeDesired } from '../desired-fixtures.ts';
import type { SimulatedEvent } from './simulated-events.ts';
import { hang } from './hanging-cloud.ts';
import { cancelJob, reboot } from './simulated-units.ts';
import { newRequest } from './simulated-charm.ts';
import { Simulation } from './simulation.ts';

/** The project of each cloud. Two consumers share a project, and one uses the project of the build cloud. */
const PROJECTS: Readonly<Record<string, string>> = { builder: 'p0', c0: 'p1', c1: 'p1', c2: 'p2', c3: 'p0' };
const MAX_RECONCILES = 60;
/** Enough reconciles to publish new images, confirm the publication, and prune. */
const QUIET_RECONCILES = 3;
const RECONCILE_HOURS = 1 / 2;

export function newSimulation(kind = Simulation): Simulation {
  return new kind((cloudId) => PROJECTS[cloudId] ?? cloudId);
}

/** Makes a plan, checks it and starts its jobs. */
export function reconcile(simulation: Simulation, planner: Planner): void {
  const input = simulation.input();
  const plan = planner(input);
  simulation.faults.push(...checkPlan(plan, planner, input));
  if (!simulation.hasChangedClock) simulation.faults.push(...checkLayerAges(plan, input));
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
      return change({ requests: [...desired.requests, newRequest(desired)] });
    case 'lose':
      return lose(simulation, event.what);
    case 'forge':
      return simulation.forge(event.cloudId, event.how);
    case 'recover':
      return simulation.recover();
    case 'hide':
      simulation.isHiding = true;
      simulation.hasMissing = true;
      return;
    case 'join':
      return change({ consumers: withConsumer(simulation, event.consumer) });
    case 'leave':
      return change({
        consumers: desired.consumers.filter(({ relationId }) => relationId !== event.consumer),
      });
    case 'end':
    case 'cancel': {
      const job = simulation.jobs[event.which % Math.max(1, simulation.jobs.length)];
      if (job === undefined) return;
      return event.event === 'end' ? simulation.end(job, event.isGood) : cancelJob(simulation, job);
    }
    case 'reboot':
      return reboot(simulation, event.isMade);
    case 'leader':
      return simulation.units.changeLeader(simulation, () => reconcile(simulation, planner));
    case 'schedule':
      simulation.schedule = event.is;
      return;
    case 'down':
      simulation.down.add(event.cloudId);
      return;
    case 'hang':
      return hang(simulation, event, () => reconcile(simulation, planner));
    case 'slow':
      simulation.slow.add(event.cloudId);
      return;
    case 'credentials':
      simulation.credentials = event.are;
      return;
    case 'clock':
      simulation.now += event.hours * 3_600_000;
      simulation.hasChangedClock = true;
      return;
    case 'pass':
      return simulation.advance(event.hours);
    case 'runner':
      return change({ images: { runnerVersion: event.version } });
    case 'bases':
      return change({ images: { bases: event.bases } });
    case 'pause':
      return change({ steering: pause(simulation, event.what) });
    case 'resume':
      return change({ steering: { ...NO_STEERING, pins: desired.steering.pins } });
    case 'pin':
      return change({ steering: pinOne(simulation, event.which) });
    case 'unpin':
      return change({ steering: { ...desired.steering, pins: [] } });
    case 'channels':
      return change({ images: { jujuChannels: event.juju, microk8sChannels: event.microk8s } });
    case 'flavor':
      return change({ build: { flavor: event.name } });
    case 'layers':
      simulation.layers.faults.add(event.are);
      return;
    case 'vanish': {
      if (event.what === 'layer') return simulation.layers.remove(event.which);
      simulation.hasMissing = true;
      const images = simulation.imagesOf('builder');
      images.splice(event.which % Math.max(1, images.length), 1);
    }
  }
}

function pause({ desired: { steering, images } }: Simulation, what: 'all' | 'image' | number): Steering {
  if (what === 'all') return { ...steering, isPaused: true };
  if (what === 'image') return { ...steering, pausedImages: [...images.keys()].slice(0, 1) };
  return { ...steering, pausedConsumers: [...new Set([...steering.pausedConsumers, `u${what}`])] };
}

/** Pins a revision that the build cloud has and that no running prune may delete, as the action does. */
function pinOne(simulation: Simulation, which: number): Steering {
  const { steering, images } = simulation.desired;
  const doomed = simulation.jobs.flatMap(({ deletableIds = [] }) => deletableIds);
  const revisions = simulation
    .imagesOf('builder')
    .filter(({ id, name, status }) => images.has(name) && status === 'active' && !doomed.includes(id));
  const chosen = revisions[which % Math.max(1, revisions.length)];
  if (chosen === undefined) return steering;
  const { name: imageName, buildId } = chosen;
  const others = steering.pins.filter((pin) => pin.imageName !== imageName);
  return { ...steering, pins: [...others, { imageName, buildId }] };
}

function lose(simulation: Simulation, what: 'journal' | 'built' | 'sources'): void {
  if (what === 'journal') simulation.journal = newSimulation().journal;
  if (what === 'built') simulation.built = undefined;
  const { published } = simulation.desired;
  if (what !== 'sources' || published === undefined) return;
  const forgotten = published.map((publication) => ({ ...publication, sources: [] }));
  simulation.desired = { ...simulation.desired, published: forgotten };
}

/** Simulates a day without a dispatch of the charm. All jobs succeed. */
function passDay(simulation: Simulation, planner: Planner): void {
  simulation.advance(25);
  for (let count = 0; count < 3; count += 1) {
    reconcile(simulation, planner);
    for (const job of simulation.jobs) simulation.end(job, true);
  }
}

function withConsumer({ desired: { consumers } }: Simulation, relationId: number) {
  const joined = { relationId, unit: `u${relationId}/0`, cloudId: `c${relationId}` };
  return consumers.some((each) => each.relationId === relationId) ? consumers : [...consumers, joined];
}

/** Reconciles without further failures, pauses and pins until no work is left. Returns the number of reconciles. */
export function runUntilQuiet(simulation: Simulation, planner: Planner): number {
  simulation.recover();
  simulation.desired = changeDesired(simulation.desired, { steering: NO_STEERING });
  simulation.credentials = 'ready';
  simulation.schedule = 'age';
  simulation.journal = { ...simulation.journal, cancelled: {} }; // they last for an interval
  if (simulation.desired.consumers.length === 0)
    applyEvent(simulation, { event: 'join', consumer: 2 }, planner);
  return reconcileUntilQuiet(simulation, planner);
}

/** Reconciles until no work is left. All jobs succeed. Returns the number of reconciles. */
export function reconcileUntilQuiet(simulation: Simulation, planner: Planner): number {
  let quiet = 0;
  for (let count = 0; count < MAX_RECONCILES; count += 1) {
    simulation.dispatch();
    simulation.dispatch();
    reconcile(simulation, planner);
    quiet = simulation.jobs.length === 0 && isQuiet(simulation, planner) ? quiet + 1 : 0;
    if (quiet > QUIET_RECONCILES) return count;
    for (const job of simulation.jobs) simulation.end(job, true);
    simulation.advance(RECONCILE_HOURS);
  }
  return MAX_RECONCILES;
}

function isQuiet(simulation: Simulation, planner: Planner): boolean {
  const isDone = (entry: ReturnType<Planner>[number]): boolean =>
    entry.act === 'skip' && ['fresh', 'done', 'paused'].includes(entry.cause);
  return simulation.desired.requests.length === 0 && planner(simulation.input()).every(isDone);
}

/** Returns the faults of the final state: images that consumers do not have or that are not published to them. */
export function checkServed(simulation: Simulation): readonly string[] {
  const { images, consumers } = simulation.desired;
  const left = simulation.layers.faults.has('unlisted') ? [] : simulation.layers.ids;
  const { runnerVersion } = primaryOf(images).image;
  const runner = runnerVersion === '' ? 'latest' : runnerVersion;
  const inputs = encodeBuildInputs({
    charm: '1.0.0',
    runner,
    script: 'none',
    base: '',
    properties: '',
    content: DEFAULT_CONTENT,
    dockerhubCache: '',
  });
  const layers = left.map((id) => `${id} is left`);
  const served = [...images.keys()].flatMap((imageName) =>
    consumers.flatMap(({ cloudId, relationId }) => {
      const newest = simulation.findNewest(imageName);
      const published = simulation.databags.get(relationId) ?? [];
      const isServed = simulation
        .imagesOf(cloudId)
        .filter(({ id, name }) => published.includes(id) && name === imageName)
        .some(({ id, sourceImageId }) => id === newest?.id || sourceImageId === newest?.id);
      return [
        ...(newest === undefined ? [`the build cloud lacks the newest ${imageName}`] : []),
        ...(isServed ? [] : [`${cloudId} lacks the newest ${imageName}`]),
        ...(newest?.runConfig === inputs ? [] : [`${imageName} has other inputs than the desired state`]),
      ];
    }),
  );
  const died = Object.keys(simulation.journal.died).map((job) => `${job} died and is not swept`);
  return [...layers, ...served, ...died];
}

/** Applies a history and reconciles until no work is left. Returns all faults. */
export function runHistory(events: readonly SimulatedEvent[], planner: Planner): readonly string[] {
  const simulation = newSimulation();
  for (const event of events) applyEvent(simulation, event, planner);
  const before = simulation.startedBuilds.length;
  const { images, requests } = simulation.desired;
  const limit = (3 + requests.length) * Math.max(2, images.size);
  const reconciles = runUntilQuiet(simulation, planner);
  if (reconciles === MAX_RECONCILES) return [...simulation.faults, 'it does not converge'];
  const built = simulation.startedBuilds.length - before;
  const served = checkServed(simulation);
  return [...simulation.faults, ...served, ...(built > limit ? [`${built} builds until it converged`] : [])];
}
