import { isLayerName } from '../../../src/model/image/layers.ts';
import type { ObservedLayer } from '../../../src/model/observation.ts';
import type { PlanEntry, PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { type Mutant, edited, withInput } from './mutant.ts';
import type { SimulatedEvent } from './simulated-events.ts';

/** The base is prepared, and the layer that all its images share is made. */
const MATRIX: readonly SimulatedEvent[] = [
  { event: 'join', consumer: 0 },
  { event: 'channels', juju: ['3/stable'], microk8s: ['1.31/stable'] },
  { event: 'tick' },
  { event: 'end', which: 0, isGood: true },
  { event: 'tick' },
  { event: 'end', which: 0, isGood: true },
];

/** Histories with layers that random ones seldom contain. */
export const LAYER_HISTORIES: readonly (readonly SimulatedEvent[])[] = [
  [...MATRIX, { event: 'pass', hours: 8 }, { event: 'tick' }],
  [...MATRIX, { event: 'flavor', name: 'large' }, { event: 'tick' }],
  [...MATRIX, { event: 'bases', bases: ['noble', 'jammy'] }, { event: 'day' }],
  [
    ...MATRIX,
    { event: 'tick' },
    { event: 'end', which: 0, isGood: false },
    { event: 'pass', hours: 1 },
    { event: 'tick' },
  ],
];

function layersOf(observation: PlanInput['observation'] = []): readonly ObservedLayer[] {
  return observation.flatMap((cloud) => (cloud.state === 'seen' ? (cloud.layers ?? []) : []));
}

function withLayers(
  observation: PlanInput['observation'],
  change: (layer: ObservedLayer) => ObservedLayer,
): PlanInput['observation'] {
  return observation?.map((cloud) =>
    cloud.state === 'seen' ? { ...cloud, layers: (cloud.layers ?? []).map(change) } : cloud,
  );
}

/** Gives a layer the key of the layer with its name that the real planner would make. */
function sameKey(layer: ObservedLayer, input: PlanInput): ObservedLayer {
  const without = { ...input, observation: input.observation?.map((cloud) => ({ ...cloud, layers: [] })) };
  const journal = { ...input.journal, layers: {} };
  const plan = planWork({ ...without, journal, ongoing: [] });
  const made = plan.find((entry) => entry.act === 'layer' && entry.name === layer.name);
  return made?.act === 'layer' ? { ...layer, key: made.key } : layer;
}

function pruneOf({ id, name }: ObservedLayer): PlanEntry {
  const ids = { deletableIds: [id], publishedIds: [], protectedIds: [] };
  return { act: 'prune', imageName: name, cloudId: 'builder', ...ids, reason: 'none' };
}

function copyOf({ id, name }: ObservedLayer): PlanEntry {
  return { act: 'copy', imageName: name, imageId: id, uploadTo: [], reason: 'none' };
}

function withoutLayers(failures: PlanInput['journal']['failures']): PlanInput['journal']['failures'] {
  return Object.fromEntries(Object.entries(failures).filter(([, { kind }]) => kind !== 'layer'));
}

/** The faults of planners that concern layers. */
export const LAYER_MUTANTS: readonly Mutant[] = [
  [
    'starts from any layer',
    edited((entry, { observation }) =>
      entry.act === 'build' ? [{ ...entry, layerId: layersOf(observation)[0]?.id }] : [entry],
    ),
    /is no layer of|starts from/,
  ],
  [
    'starts from layers whatever their content',
    withInput((input) => ({ observation: withLayers(input.observation, (layer) => sameKey(layer, input)) })),
    /is no layer of/,
  ],
  [
    'starts from old layers',
    withInput(({ observation, now, journal }) => ({
      journal: { ...journal, layers: {} },
      observation: withLayers(observation, (layer) => ({ ...layer, createdAt: new Date(now).toISOString() })),
    })),
    /older than 6 h/,
  ],
  [
    'waits for layers that it does not make',
    edited((entry) => (entry.act === 'layer' ? [] : [entry])),
    /which is not made/,
  ],
  [
    'keeps layers',
    edited((entry) => (entry.act === 'prune' && isLayerName(entry.imageName) ? [] : [entry])),
    /stays without a user|is left/,
  ],
  [
    'deletes every layer',
    (input) => [...planWork(input), ...layersOf(input.observation).map((layer) => pruneOf(layer))],
    /while a job uses it/,
  ],
  [
    'makes a layer that is being made',
    withInput(({ ongoing }) => ({ ongoing: ongoing.filter(({ kind }) => kind !== 'layer') })),
    /made twice|run and/,
  ],
  [
    'makes a layer again at once after it failed',
    withInput(({ journal }) => ({ journal: { ...journal, failures: withoutLayers(journal.failures) } })),
    /layer \S+ {2}is tried during its back-off/,
  ],
  [
    'forgets that it made layers',
    withInput(({ journal }) => ({ journal: { ...journal, layers: {} } })),
    /converge/,
  ],
  [
    'copies layers to consumers',
    (input) => [...planWork(input), ...layersOf(input.observation).map((layer) => copyOf(layer))],
    /is copied to consumers/,
  ],
];
