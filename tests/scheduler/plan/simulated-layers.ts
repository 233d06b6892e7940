import { isLayerName, layerNameOf } from '../../../src/model/image/layers.ts';
import type { DesiredState } from '../../../src/model/unit/desired-state.ts';
import type { ObservedLayer } from '../../../src/model/observation.ts';
import type { OngoingJob } from '../../../src/model/job/ongoing-job.ts';
import type { RunConfig } from '../../../src/model/run-config.ts';
import type { LastLayer } from '../../../src/scheduler/journal/journal.ts';
import type { PlanEntry } from '../../../src/scheduler/plan/plan-entry.ts';
import type { LayerFault } from './simulated-events.ts';

type LayerEntry = Extract<PlanEntry, { readonly act: 'layer' }>;

/** A layer and the settings that it was made with. */
interface SimulatedLayer extends ObservedLayer {
  readonly flavor: string;
}

/** A running job and the state at its start. */
export interface SimulatedJob extends OngoingJob {
  readonly entry: Exclude<PlanEntry, { readonly act: 'skip' | 'prune-clouds' | 'preflight' | 'trial' }>;
  readonly desired: DesiredState;
  /** The ids that a prune found to delete when it listed the images. */
  readonly deletions: readonly string[];
}

/** Nothing requests a prune of several clouds, a preflight or a trial in a simulation. */
export function isSimulated(entry: PlanEntry): entry is SimulatedJob['entry'] {
  return !['skip', 'prune-clouds', 'preflight', 'trial'].includes(entry.act);
}

/** The layers of the build cloud. */
export class SimulatedLayers {
  #layers: readonly SimulatedLayer[] = [];

  readonly faults = new Set<LayerFault>();
  /** Returns the durations of a job that makes a layer. */
  timesOf: (job: SimulatedJob) => Pick<LastLayer, 'seconds' | 'partsSeconds'> = () => ({
    seconds: 600,
    partsSeconds: this.faults.has('slow') ? 20 : 500,
  });

  get ids(): readonly string[] {
    return this.#layers.map(({ id }) => id);
  }

  /** The layers as `list` reports them, the newest first. */
  get listed(): readonly ObservedLayer[] {
    return this.faults.has('unlisted') ? [] : this.observed;
  }

  /** All layers, the newest first. */
  get observed(): readonly ObservedLayer[] {
    return this.#layers.toReversed().map(({ id, name, status, createdAt, key, buildId }) => ({
      ...{ id, name, status, createdAt, key, buildId },
    }));
  }

  add(
    { name, key, firstUser }: LayerEntry,
    { images }: DesiredState,
    { id, buildId, now }: { readonly id: string; readonly buildId: string; readonly now: number },
  ): void {
    const flavor = images.get(firstUser)?.cloud.buildFlavor ?? '';
    const createdAt = new Date(now).toISOString();
    this.#layers = [...this.#layers, { id, name, key, buildId, status: 'active', createdAt, flavor }];
  }

  has(id: string | undefined): boolean {
    return id === undefined || this.ids.includes(id);
  }

  remove(which: number): void {
    const { id } = this.#layers[which % Math.max(1, this.#layers.length)] ?? {};
    this.#layers = this.#layers.filter((layer) => layer.id !== id);
  }

  /** Deletes layers. Returns a fault for each that a job uses. */
  delete(
    ids: readonly string[],
    succeeds: boolean,
    jobs: readonly Pick<OngoingJob, 'layerId'>[],
  ): readonly string[] {
    const used = jobs.flatMap(({ layerId = '' }) => (ids.includes(layerId) ? [layerId] : []));
    if (succeeds) this.#layers = this.#layers.filter(({ id }) => !ids.includes(id));
    return used.map((id) => `${id} is deleted while a job uses it`);
  }

  /** Returns a fault when an image starts from something that is no layer of its base with its content. */
  checkStart(entry: PlanEntry, { images }: DesiredState): readonly string[] {
    if ((entry.act !== 'build' && entry.act !== 'layer') || entry.layerId === undefined) return [];
    const { layerId } = entry;
    const config = images.get(entry.act === 'build' ? entry.imageName : entry.firstUser);
    const layer = this.#layers.find(({ id }) => id === layerId);
    const fits = layer !== undefined && config !== undefined && fitsImage(layer, config);
    return fits ? [] : [`${layerId} is no layer of ${config?.image.imageName ?? 'no image'}`];
  }
}

function fitsImage({ name, flavor }: SimulatedLayer, { image, cloud }: RunConfig): boolean {
  const names = ['', image.microk8s].map((channel) => layerNameOf(image, channel));
  return isLayerName(name) && names.includes(name) && flavor === cloud.buildFlavor;
}
