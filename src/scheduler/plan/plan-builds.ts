import type { Base } from '../../model/base.ts';
import { findConfigOfBase } from '../../model/desired-state.ts';
import { findBackOff } from './plan-back-off.ts';
import type { Clouds, Project } from './plan-clouds.ts';
import { type Due, decideBuild } from './plan-due.ts';
import { type PlanEntry, type PlanInput, type SkippedEntry, skip } from './plan-entry.ts';
import { isPreparedFor } from './plan-settings.ts';
import { HOUR } from './plan-words.ts';

/** How many more builds and preparations may start. */
interface Slots {
  readonly busy: number;
  readonly max: number;
}

/** An image that is wanted, and whether it is to be built now. */
interface Decided {
  readonly imageName: string;
  readonly base: Base;
  readonly decision: Due | SkippedEntry;
}

/** What becomes of each wanted image now, in the matrix's order; a base is prepared before its first build. */
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
    const ofBase = decided.filter((image) => image.base === base);
    entries.push(...planBase(base, ofBase, uploadTo, input, countSlots(input, entries)));
  }
  return entries;
}

function planBase(
  base: Base,
  decided: readonly Decided[],
  uploadTo: readonly string[],
  input: PlanInput,
  slots: Slots,
): readonly PlanEntry[] {
  const isDue = decided.some(({ decision }) => decision.act === 'due');
  const isAsked = decided.some(({ decision }) => decision.act === 'due' && decision.buildId !== undefined);
  const gate = isDue ? gateBase(base, input, slots, isAsked) : 'open';
  if (gate === 'open') return startBuilds(decided, uploadTo, slots);
  const waits = `waits for ${nameBase(base, input)} to be prepared`;
  const images = decided.map(({ imageName, decision }) =>
    decision.act === 'skip' ? decision : skip('waits', imageName, waits),
  );
  return [...gate, ...images];
}

/** As many as there are slots for. */
function startBuilds(
  decided: readonly Decided[],
  uploadTo: readonly string[],
  { busy, max }: Slots,
): readonly PlanEntry[] {
  let started = 0;
  return decided.map(({ imageName, decision }): PlanEntry => {
    if (decision.act === 'skip') return decision;
    if (busy + started >= max) return restForSlot(imageName, { busy: busy + started, max });
    started += 1;
    const { buildId, reason } = decision;
    return { act: 'build', imageName, uploadTo, buildId, reason };
  });
}

/**
 * `open`: its images may be built; else what is done, or not, so that they may. What an action asked for does not wait
 * for a preparation that failed: its build, which makes sure of the base itself, tells how that ends.
 */
function gateBase(
  base: Base,
  input: PlanInput,
  slots: Slots,
  isAsked: boolean,
): 'open' | readonly PlanEntry[] {
  if (input.ongoing.some(({ kind, subject }) => kind === 'prepare' && subject === base)) {
    return [skip('running', nameBase(base, input), 'being prepared')];
  }
  const need = explainPreparation(base, input);
  if (need === undefined) return 'open';
  const backOff = findBackOff({ kind: 'prepare', subject: base, cloudId: '' }, input);
  if (backOff !== undefined && isAsked) return 'open';
  if (backOff !== undefined) return [skip('failed', nameBase(base, input), backOff.reason, backOff.until)];
  if (slots.busy >= slots.max) return [restForSlot(nameBase(base, input), slots)];
  return [{ act: 'prepare', base, reason: need }];
}

/** Why a base is to be prepared before it is built on; `undefined`: it was, not long ago. */
function explainPreparation(
  base: Base,
  { desired, journal, intervalHours, now }: PlanInput,
): string | undefined {
  const at = journal.preparedAt[base];
  if (at === undefined) return 'never prepared';
  const under = journal.preparedUnder[base];
  if (under === undefined || !isPreparedFor(under, desired, base)) return 'prepared under other settings';
  if (at > now) return 'interval elapsed: by this clock it was never prepared';
  if (at + intervalHours * HOUR > now) return undefined;
  return `interval elapsed: prepared ${Math.floor((now - at) / HOUR)} h ago`;
}

function nameBase(base: Base, { desired }: PlanInput): string {
  return `base ${base}/${findConfigOfBase(desired, base)?.image.arch ?? ''}`;
}

function countSlots({ desired, ongoing }: PlanInput, started: readonly PlanEntry[]): Slots {
  const isCounted = (word: string): boolean => word === 'build' || word === 'prepare';
  const running = ongoing.filter(({ kind }) => isCounted(kind)).length;
  const starting = started.filter(({ act }) => isCounted(act)).length;
  return { busy: running + starting, max: Math.max(1, desired.maxParallel) };
}

function restForSlot(subject: string, { busy, max }: Slots): SkippedEntry {
  return skip('waits', subject, `waits for a free slot (${busy} of ${max})`);
}
