import type { Base } from '../../model/image/base.ts';
import type { ObservedLayer } from '../../model/observation.ts';
import { findConfigOfBase } from '../../model/unit/desired-state.ts';
import type { RunConfig } from '../../model/run-config.ts';
import { describeBase } from '../../model/unit/plan-tree.ts';
import { findPin } from '../../model/unit/steering.ts';
import { findBackOff, findFailure } from './plan-back-off.ts';
import type { SeenClouds } from './plan-clouds.ts';
import { type Due, decideBuild } from './plan-due.ts';
import { type PlanEntry, type SkippedEntry, skip } from './plan-entry.ts';
import type { PlanIndex } from './plan-index.ts';
import { type BuildStart, type PlannedLayer, listNeededLayers, planLayers } from './plan-layers.ts';
import { planLayerPrunes } from './prunes/plan-layer-prunes.ts';
import { isPreparedFor } from './plan-settings.ts';
import { HOUR } from './plan-words.ts';

/** The slots for builds, layers and preparations. */
interface Slots {
  readonly busy: number;
  readonly max: number;
}

/** A wanted image and the decision about its build. */
interface DecidedImage {
  readonly imageName: string;
  readonly base: Base;
  readonly config: RunConfig;
  /** The destinations of a build. */
  readonly uploadTo: readonly string[];
  readonly decision: Due | SkippedEntry;
}

/** The images of one base and the slots left for them. */
interface BaseBuilds {
  readonly base: Base;
  readonly images: readonly DecidedImage[];
  readonly layers: readonly ObservedLayer[];
  readonly slots: Slots;
}

/**
 * Plans the builds of the wanted images in the order of the matrix. A base is prepared before its first build, and what
 * several builds share is built first, as layers. A build goes to no paused consumer, and the build of a pinned image to
 * none at all. Also plans the deletion of layers that no build needs any more.
 */
export function planBuilds(clouds: SeenClouds, input: PlanIndex): readonly PlanEntry[] {
  const { steering } = input.desired;
  const open = [...clouds.others, ...clouds.pending].filter(({ paused }) => paused === undefined);
  const decided = [...input.desired.images].map(([imageName, config]) => ({
    imageName,
    base: config.image.base,
    config,
    uploadTo: findPin(steering, imageName) === undefined ? open.map(({ cloudId }) => cloudId) : [],
    decision: decideBuild(config, clouds, input),
  }));
  const { layers } = clouds.build;
  const bases = [...new Set(decided.map(({ base }) => base))];
  const entries: PlanEntry[] = [];
  for (const base of bases) {
    const images = decided.filter((image) => image.base === base);
    const slots = countSlots(input, entries);
    entries.push(...planBase({ base, images, layers, slots }, input));
  }
  const needed = listNeededLayers(decided.filter(isDueImage), layers, input);
  return [...entries, ...planLayerPrunes(clouds.build, needed, input)];
}

function planBase(builds: BaseBuilds, input: PlanIndex): readonly PlanEntry[] {
  const { base, images, slots } = builds;
  const isDue = images.some(({ decision }) => decision.act === 'due');
  const isRequested = images.some(({ decision }) => decision.act === 'due' && decision.buildId !== undefined);
  const preparation = isDue ? planPreparation(base, input, slots, isRequested) : 'ready';
  if (preparation === 'ready') return startBuilds(builds, input);
  const waits = `waits for ${nameBase(base, input)} to be prepared`;
  const waiting = images.map(({ imageName, decision }) =>
    decision.act === 'skip' ? decision : skip('waits', imageName, waits),
  );
  return [preparation, ...waiting];
}

/**
 * Starts as many layers and builds as there are free slots. Layers come first, because builds wait for them. A build leaves
 * out the clouds that may have killed the last one.
 */
function startBuilds(
  { images, layers, slots: { busy, max } }: BaseBuilds,
  input: PlanIndex,
): readonly PlanEntry[] {
  let taken = busy;
  const take = (subject: string, entry: PlanEntry): PlanEntry => {
    if (taken >= max) return waitForSlot(subject, { busy: taken, max });
    taken += 1;
    return entry;
  };
  const isSuspect = (subject: string, cloudId: string): boolean =>
    findFailure({ kind: 'copy', subject, cloudId }, input)?.isSuspect === true;
  const plan = planLayers(images.filter(isDueImage), layers, input);
  const layerEntries = plan.layers.map((layer) => startLayer(layer, take));
  const isShared = images.length > 1;
  const builds = images.map(({ imageName, uploadTo, decision }): PlanEntry => {
    if (decision.act === 'skip') return decision;
    const { buildId } = decision;
    const start = plan.startOf(imageName);
    if (start.from === 'coming') return waitForLayer(imageName, start.layerName);
    const reason = isShared ? addWhy(decision.reason, start) : decision.reason;
    const trusted = uploadTo.filter((cloudId) => !isSuspect(imageName, cloudId));
    const entry = { imageName, uploadTo: trusted, buildId, layerId: layerIdOf(start), reason };
    return take(imageName, { act: 'build', ...entry });
  });
  return [...layerEntries, ...builds];
}

function startLayer(
  { layer, isRunning, backOff, firstUser, start, reason }: PlannedLayer,
  take: (subject: string, entry: PlanEntry) => PlanEntry,
): PlanEntry {
  const { name } = layer;
  if (isRunning) return skip('running', name, 'being made');
  if (start.from === 'coming') return waitForLayer(name, start.layerName);
  if (backOff !== undefined) return skip(backOff.cause, name, backOff.reason, backOff.until);
  return take(name, { act: 'layer', ...layer, firstUser, layerId: layerIdOf(start), reason });
}

function layerIdOf(start: BuildStart): string | undefined {
  return start.from === 'layer' ? start.layerId : undefined;
}

/** Adds to the reason of a build why it does not start from a layer. */
function addWhy(reason: string, start: BuildStart): string {
  return start.from === 'base' && start.why !== '' ? `${reason}; without a layer: ${start.why}` : reason;
}

function waitForLayer(subject: string, layerName: string): SkippedEntry {
  return { ...skip('waits', subject, `waits for ${layerName} to be made`), waitsFor: layerName };
}

function isDueImage({ decision }: DecidedImage): boolean {
  return decision.act === 'due';
}

/**
 * Returns `ready` when images of the base may be built, else the entry for its preparation. A build that an action
 * requested does not wait for the back-off of a failed preparation: it prepares the base itself, and its result answers
 * the action.
 */
function planPreparation(
  base: Base,
  input: PlanIndex,
  slots: Slots,
  isRequested: boolean,
): 'ready' | PlanEntry {
  if (input.ongoing.some(({ kind, subject }) => kind === 'prepare' && subject === base)) {
    return skip('running', nameBase(base, input), 'being prepared');
  }
  const reason = explainPreparation(base, input);
  if (reason === undefined) return 'ready';
  const backOff = findBackOff({ kind: 'prepare', subject: base, cloudId: '' }, input);
  if (backOff !== undefined && isRequested) return 'ready';
  if (backOff !== undefined) return skip(backOff.cause, nameBase(base, input), backOff.reason, backOff.until);
  if (slots.busy >= slots.max) return waitForSlot(nameBase(base, input), slots);
  return { act: 'prepare', base, reason };
}

/** Returns the reason to prepare a base; undefined when the last preparation is still valid. */
function explainPreparation(
  base: Base,
  { desired, journal, intervalHours, now }: PlanIndex,
): string | undefined {
  const at = journal.preparedAt[base];
  if (at === undefined) return 'never prepared';
  const under = journal.preparedUnder[base];
  if (under === undefined || !isPreparedFor(under, desired, base)) return 'prepared under other settings';
  if (at > now) return 'interval elapsed: the time of the last preparation is in the future';
  if (at + intervalHours * HOUR > now) return undefined;
  return `interval elapsed: prepared ${Math.floor((now - at) / HOUR)} h ago`;
}

function nameBase(base: Base, { desired }: PlanIndex): string {
  return describeBase(base, findConfigOfBase(desired, base)?.image.arch ?? '');
}

function countSlots({ desired, ongoing }: PlanIndex, started: readonly PlanEntry[]): Slots {
  const isCounted = (kind: string): boolean => kind === 'build' || kind === 'layer' || kind === 'prepare';
  const running = ongoing.filter(({ kind }) => isCounted(kind)).length;
  const starting = started.filter(({ act }) => isCounted(act)).length;
  return { busy: running + starting, max: Math.max(1, desired.maxParallel) };
}

function waitForSlot(subject: string, { busy, max }: Slots): SkippedEntry {
  return skip('waits', subject, `waits for a free slot (${busy} of ${max})`);
}
