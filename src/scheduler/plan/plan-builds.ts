import type { Base } from '../../model/base.ts';
import { findConfigOfBase } from '../../model/desired-state.ts';
import { findBackOff } from './plan-back-off.ts';
import type { Clouds, Project } from './plan-clouds.ts';
import { type Due, decideBuild } from './plan-due.ts';
import { type PlanEntry, type PlanInput, type SkippedEntry, skip } from './plan-entry.ts';
import { isPreparedFor } from './plan-settings.ts';
import { HOUR } from './plan-words.ts';

/** The slots for builds and preparations. */
interface Slots {
  readonly busy: number;
  readonly max: number;
}

/** A wanted image and the decision about its build. */
interface DecidedImage {
  readonly imageName: string;
  readonly base: Base;
  readonly decision: Due | SkippedEntry;
}

/** The images of one base, their destinations and the slots left for them. */
interface BaseBuilds {
  readonly base: Base;
  readonly images: readonly DecidedImage[];
  readonly uploadTo: readonly string[];
  readonly slots: Slots;
}

/** Plans the builds of the wanted images in the order of the matrix. A base is prepared before its first build. */
export function planBuilds(build: Project, clouds: Clouds, input: PlanInput): readonly PlanEntry[] {
  const decided = [...input.desired.images].map(([imageName, config]) => ({
    imageName,
    base: config.image.base,
    decision: decideBuild(imageName, config, build, input),
  }));
  const uploadTo = clouds.others.map(({ cloudId }) => cloudId);
  const bases = [...new Set(decided.map(({ base }) => base))];
  const entries: PlanEntry[] = [];
  for (const base of bases) {
    const images = decided.filter((image) => image.base === base);
    entries.push(...planBase({ base, images, uploadTo, slots: countSlots(input, entries) }, input));
  }
  return entries;
}

function planBase(builds: BaseBuilds, input: PlanInput): readonly PlanEntry[] {
  const { base, images, slots } = builds;
  const isDue = images.some(({ decision }) => decision.act === 'due');
  const isRequested = images.some(({ decision }) => decision.act === 'due' && decision.buildId !== undefined);
  const preparation = isDue ? planPreparation(base, input, slots, isRequested) : 'ready';
  if (preparation === 'ready') return startBuilds(builds);
  const waits = `waits for ${nameBase(base, input)} to be prepared`;
  const waiting = images.map(({ imageName, decision }) =>
    decision.act === 'skip' ? decision : skip('waits', imageName, waits),
  );
  return [preparation, ...waiting];
}

/** Starts as many builds as there are free slots. */
function startBuilds({ images, uploadTo, slots: { busy, max } }: BaseBuilds): readonly PlanEntry[] {
  let started = 0;
  return images.map(({ imageName, decision }): PlanEntry => {
    if (decision.act === 'skip') return decision;
    if (busy + started >= max) return waitForSlot(imageName, { busy: busy + started, max });
    started += 1;
    const { buildId, reason } = decision;
    return { act: 'build', imageName, uploadTo, buildId, reason };
  });
}

/**
 * Returns `ready` when images of the base may be built, else the entry for its preparation. A build that an action
 * requested does not wait for the back-off of a failed preparation: it prepares the base itself, and its result answers
 * the action.
 */
function planPreparation(
  base: Base,
  input: PlanInput,
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
  if (backOff !== undefined) return skip('failed', nameBase(base, input), backOff.reason, backOff.until);
  if (slots.busy >= slots.max) return waitForSlot(nameBase(base, input), slots);
  return { act: 'prepare', base, reason };
}

/** Returns the reason to prepare a base; undefined when the last preparation is still valid. */
function explainPreparation(
  base: Base,
  { desired, journal, intervalHours, now }: PlanInput,
): string | undefined {
  const at = journal.preparedAt[base];
  if (at === undefined) return 'never prepared';
  const under = journal.preparedUnder[base];
  if (under === undefined || !isPreparedFor(under, desired, base)) return 'prepared under other settings';
  if (at > now) return 'interval elapsed: the time of the last preparation is in the future';
  if (at + intervalHours * HOUR > now) return undefined;
  return `interval elapsed: prepared ${Math.floor((now - at) / HOUR)} h ago`;
}

function nameBase(base: Base, { desired }: PlanInput): string {
  return `base ${base}/${findConfigOfBase(desired, base)?.image.arch ?? ''}`;
}

function countSlots({ desired, ongoing }: PlanInput, started: readonly PlanEntry[]): Slots {
  const isCounted = (kind: string): boolean => kind === 'build' || kind === 'prepare';
  const running = ongoing.filter(({ kind }) => isCounted(kind)).length;
  const starting = started.filter(({ act }) => isCounted(act)).length;
  return { busy: running + starting, max: Math.max(1, desired.maxParallel) };
}

function waitForSlot(subject: string, { busy, max }: Slots): SkippedEntry {
  return skip('waits', subject, `waits for a free slot (${busy} of ${max})`);
}
