import { desiredState } from '../tests/scheduler/desired-fixtures.ts';
import type { Planner } from '../tests/scheduler/plan/plan-checks.ts';
import { Simulation } from '../tests/scheduler/plan/simulation.ts';
import type { LastLayer } from '../src/scheduler/journal/journal.ts';
import { listLayerNames } from '../src/model/image/layers.ts';
import { planWork } from '../src/scheduler/plan/plan.ts';
import { settingsOf } from '../src/scheduler/plan/plan-settings.ts';

/** The seconds of the parts, and of everything else in a build. */
interface BuildTimes {
  readonly common: number;
  readonly microk8s: number;
  readonly juju: number;
  /** From the order to the deletion of the server, without these parts: boot, checks, clean-up, snapshot. */
  readonly rest: number;
}

/** One row of the benchmark. */
export interface LayersRow extends BuildTimes {
  readonly what: string;
  readonly alone: SimulatedRun;
  /** All layers, as while their times are not known. */
  readonly layered: SimulatedRun;
  /** Only the layers that save time by the times of the run before. */
  readonly measured: SimulatedRun;
}

/** The builds of one run at two parallel builds, in seconds. */
export interface SimulatedRun {
  readonly serverSeconds: number;
  readonly wallSeconds: number;
  readonly layers: number;
}

type SimulatedJob = Simulation['jobs'][number];

const SECOND_IN_HOURS = 1 / 3600;
const PARTS = { common: 600, microk8s: 300, juju: 240 };
const SCALED = { common: 30, microk8s: 15, juju: 12 };

/** The measured duration of a build on the lab without packages, and that of its small guest. */
const LAB = 53.5;
const LAB_SMALL = 25;

/** Simulates the builds of two bases with two Juju and two MicroK8s channels each; the empty channel counts. */
export function measureLayers(): readonly LayersRow[] {
  const rows: readonly (readonly [string, BuildTimes])[] = [
    ["1:20, the lab's rest", { ...SCALED, rest: LAB }],
    ["1:20, the small guest's rest", { ...SCALED, rest: LAB_SMALL }],
    ["1:1, the lab's rest", { ...PARTS, rest: LAB }],
  ];
  return rows.map(([what, times]) => {
    const first = simulate(times, planWork);
    const { journal } = first;
    return {
      ...{ what, ...times },
      alone: simulate(times, withoutLayers).run,
      layered: first.run,
      measured: simulate(times, (input) =>
        planWork({
          ...input,
          journal: { ...input.journal, layers: { ...journal.layers, ...input.journal.layers } },
        }),
      ).run,
    };
  });
}

/** Plans as if all layers were known to save no time. */
const withoutLayers: Planner = (input) => {
  const names = [...input.desired.images.values()].flatMap(({ image }) => listLayerNames(image));
  const useless = (name: string): LastLayer => ({
    ...{ buildId: name, settings: settingsOf(input.desired, 'layer', name), at: 0, isListed: true },
    ...{ seconds: 1, partsSeconds: 0 },
  });
  const layers = Object.fromEntries(names.map((name) => [name, useless(name)]));
  return planWork({ ...input, journal: { ...input.journal, layers } });
};

/** Runs the builds to their end by the clock of a simulation. Preparations, copies and prunes take no time. */
function simulate(times: BuildTimes, planner: Planner) {
  const simulation = new Simulation((cloudId) => cloudId);
  simulation.desired = desiredState({
    consumers: [{ relationId: 1, unit: 'red/0', cloudId: 'red' }],
    images: { bases: ['noble', 'jammy'], jujuChannels: ['3/stable'], microk8sChannels: ['1.31/stable'] },
    build: { maxParallel: 2 },
  });
  const partsOf = (job: SimulatedJob): number => partsSecondsOf(job, times, simulation);
  simulation.layers.timesOf = (job) => ({
    seconds: partsOf(job) + times.rest,
    partsSeconds: partsOf(job),
  });
  const began = simulation.now;
  const ends = new Map<SimulatedJob, number>();
  let last = began;
  let serverSeconds = 0;
  let layers = 0;
  for (;;) {
    simulation.dispatch();
    simulation.start(planner(simulation.input()));
    for (const job of simulation.jobs.filter((each) => !ends.has(each))) {
      const isCounted = job.kind === 'build' || job.kind === 'layer';
      const seconds = isCounted ? partsOf(job) + times.rest : 0;
      serverSeconds += seconds;
      if (job.kind === 'layer') layers += 1;
      ends.set(job, simulation.now + seconds * 1000);
    }
    const [next] = simulation.jobs.toSorted((a, b) => (ends.get(a) ?? 0) - (ends.get(b) ?? 0));
    if (next === undefined) break;
    simulation.advance(((ends.get(next) ?? 0) - simulation.now) * (SECOND_IN_HOURS / 1000));
    if (next.kind === 'build') last = simulation.now;
    simulation.end(next, true);
  }
  const run: SimulatedRun = { serverSeconds, wallSeconds: (last - began) / 1000, layers };
  if (simulation.faults.length > 0) throw new Error(simulation.faults.join('; '));
  return { run, journal: simulation.journal };
}

/** Returns the seconds that the parts of a job take: those that are not in the layer that it starts from. */
function partsSecondsOf(
  { entry, desired }: SimulatedJob,
  { common, microk8s, juju }: BuildTimes,
  { layers }: Simulation,
): number {
  if (entry.act !== 'build' && entry.act !== 'layer') return 0;
  const { image } = desired.images.get(entry.act === 'build' ? entry.imageName : entry.firstUser) ?? {};
  const wanted = entry.act === 'layer' ? { juju: '', microk8s: entry.microk8s } : image;
  const start = layers.observed.find(({ id }) => id === entry.layerId)?.name;
  return (
    (start === undefined ? common : 0) +
    (wanted?.microk8s !== '' && start?.includes('mk8s') !== true ? microk8s : 0) +
    (wanted?.juju !== '' ? juju : 0)
  );
}
