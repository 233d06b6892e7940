import type { ObservedLayer } from '../../../src/model/observation.ts';
import type { Plan, PlanInput, PruneEntry } from '../../../src/scheduler/plan/plan-entry.ts';
import { hasFailed, pick } from './plan-checks.ts';
import { HOUR } from './plan-fixtures.ts';

/** Returns the faults of a plan that concern layers. */
export function checkLayers(plan: Plan, input: PlanInput): readonly string[] {
  const { ongoing } = input;
  const layers = layersOf(input);
  const starting = pick(plan, 'layer').map(({ name }) => name);
  const running = ongoing.flatMap(({ kind, subject }) => (kind === 'layer' ? [subject] : []));
  const all = [...starting, ...running];
  const copied = pick(plan, 'copy').map(({ imageId }) => imageId);
  return [
    ...(new Set(all).size === all.length ? [] : ['one layer is made twice at the same time']),
    ...layers
      .filter(({ id }) => copied.includes(id))
      .map(({ id }) => `the layer ${id} is copied to consumers`),
    ...listWaits(plan)
      .filter((name) => !willCome(name, plan, input, 2))
      .map((name) => `a build waits for ${name}, which is not made`),
    ...pick(plan, 'build')
      .filter(({ imageName, layerId }) => layerId !== undefined && hasFailed(imageName, input))
      .map(({ imageName }) => `${imageName} starts from a layer again although it failed`),
  ];
}

/** Returns the faults of a plan that concern the age of layers. They are faults only while all clocks agree. */
export function checkLayerAges(plan: Plan, input: PlanInput): readonly string[] {
  const starts = [...pick(plan, 'build'), ...pick(plan, 'layer')].flatMap(({ layerId }) => layerId ?? []);
  const old = layersOf(input).filter(({ createdAt }) => input.now - Date.parse(createdAt) >= 6 * HOUR);
  return [
    ...old
      .filter(({ id }) => starts.includes(id))
      .map(({ id }) => `a build starts from ${id}, older than 6 h`),
    ...old
      .filter((layer) => !isUsed(layer, plan, input) && !isHandled(layer, plan, input))
      .map(({ id }) => `${id} is older than 6 h and stays without a user`),
  ];
}

/** Returns the faults of the deletion of layers. */
export function checkLayerPrune(
  { deletableIds, cloudId }: PruneEntry,
  plan: Plan,
  input: PlanInput,
): readonly string[] {
  const layers = layersOf(input);
  const published = (input.desired.published ?? []).flatMap(({ imageIds }) => imageIds);
  return deletableIds.flatMap((id) => {
    const layer = layers.find((each) => each.id === id);
    return [
      ...(layer === undefined || cloudId !== 'builder' ? [`${id} is deleted, but is no layer`] : []),
      ...(published.includes(id) ? [`${id} is published and deleted as a layer`] : []),
      ...(layer !== undefined && isUsed(layer, plan, input) ? [`${id} is deleted while a job uses it`] : []),
    ];
  });
}

function layersOf({ observation = [] }: PlanInput): readonly ObservedLayer[] {
  return observation.flatMap((cloud) =>
    cloud.state === 'seen' && cloud.cloudId === 'builder' ? (cloud.layers ?? []) : [],
  );
}

function isUsed({ id }: ObservedLayer, plan: Plan, { ongoing }: PlanInput): boolean {
  return [...ongoing, ...pick(plan, 'build'), ...pick(plan, 'layer')].some(({ layerId }) => layerId === id);
}

/** Reports whether a layer is being deleted, or not deleted for a reason. */
function isHandled(
  { id, name }: ObservedLayer,
  plan: Plan,
  { ongoing, credentials, desired }: PlanInput,
): boolean {
  const isBusy = ongoing.some(
    ({ kind, subject }) => (kind === 'prune' || kind === 'layer') && subject === name,
  );
  const isIdle = credentials !== 'ready' || desired.consumers.length === 0;
  return (
    isIdle ||
    isBusy ||
    pick(plan, 'prune').some(({ deletableIds }) => deletableIds.includes(id)) ||
    pick(plan, 'skip').some(({ subject }) => subject === `${name} in builder`)
  );
}

function listWaits(plan: Plan): readonly string[] {
  return pick(plan, 'skip').flatMap(({ waitsFor }) => waitsFor ?? []);
}

/** Reports whether a layer is being made, starts now, or waits for its turn or for a layer that will come. */
function willCome(name: string, plan: Plan, input: PlanInput, depth: number): boolean {
  if (depth === 0) return false;
  const skipped = pick(plan, 'skip').find(({ subject, cause }) => subject === name && cause === 'waits');
  return (
    input.ongoing.some(({ kind, subject }) => kind === 'layer' && subject === name) ||
    pick(plan, 'layer').some((entry) => entry.name === name) ||
    (skipped !== undefined &&
      (skipped.waitsFor === undefined || willCome(skipped.waitsFor, plan, input, depth - 1)))
  );
}
