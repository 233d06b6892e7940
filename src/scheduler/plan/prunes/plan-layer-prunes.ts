import type { ObservedLayer } from '../../../model/observation.ts';
import { LAYER_LIFETIME_MS } from '../../../model/image/layers.ts';
import type { Project } from '../plan-clouds.ts';
import { type PlanEntry, skip } from '../plan-entry.ts';
import type { PlanIndex } from '../plan-index.ts';
import { planPrune } from './plan-prunes.ts';
import { EVERYTHING_PAUSED, count } from '../plan-words.ts';

/**
 * Plans the deletion of the layers that no image is waiting for. A layer stays while a job was started from it, and while
 * a layer of its name is being made.
 */
export function planLayerPrunes(
  { cloudId, layers }: Project,
  needed: ReadonlySet<string>,
  input: PlanIndex,
): readonly PlanEntry[] {
  const { ongoing, publishedIds, protectedIds } = input;
  const inUse = new Set(ongoing.map(({ layerId }) => layerId));
  const isBusy = (name: string): boolean =>
    ongoing.some(({ kind, subject }) => (kind === 'layer' || kind === 'prune') && subject === name);
  const unneeded = layers.filter(
    ({ id, name, status }) => status === 'active' && !needed.has(id) && !inUse.has(id) && !isBusy(name),
  );
  return [...new Set(unneeded.map(({ name }) => name))].toSorted().map((imageName) => {
    if (input.desired.steering.isPaused)
      return skip('paused', `${imageName} in ${cloudId}`, EVERYTHING_PAUSED);
    const own = unneeded.filter(({ name }) => name === imageName);
    const ids = { deletableIds: own.map(({ id }) => id), publishedIds, protectedIds };
    return planPrune({ imageName, cloudId, ...ids, reason: explain(own, input) }, 0, input);
  });
}

function explain(layers: readonly ObservedLayer[], { now }: PlanIndex): string {
  const isOld = layers.some(({ createdAt }) => now - Date.parse(createdAt) >= LAYER_LIFETIME_MS);
  const hours = LAYER_LIFETIME_MS / 3_600_000;
  return `${count(layers.length, 'layer')} that no image needs${isOld ? ` or that is older than ${hours} h` : ''}`;
}
