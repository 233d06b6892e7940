import { buildCloudOf, numRevisionsOf } from '../../../model/unit/desired-state.ts';
import type { OtherUnit } from '../../../model/unit/other-units.ts';
import type { ObservedImage } from '../../../model/observation.ts';
import { type JobKey, failureKey } from '../../journal/journal.ts';
import { findBackOff } from '../plan-back-off.ts';
import type { Project, SeenClouds } from '../plan-clouds.ts';
import { type PlanEntry, type PlanInput, type PruneEntry, type SkippedEntry, skip } from '../plan-entry.ts';
import type { PlanIndex } from '../plan-index.ts';
import { EVERYTHING_PAUSED, HOUR, count, minuteOf, shorten } from '../plan-words.ts';

const LONGEST_PAUSE = 6 * HOUR;

/**
 * Plans prunes, which mark the published images and delete the revisions that they name: those beyond the newest ones,
 * without the published images, those that are about to be published and the pinned ones. Nothing is pruned before the
 * published images of every relation are confirmed, in a cloud that did not answer, or while the build cloud does not
 * answer. Each project is pruned once, even if consumers share it, and not while a job works on the same image.
 */
export function planPrunes(
  clouds: SeenClouds,
  started: readonly PlanEntry[],
  input: PlanIndex,
): readonly PlanEntry[] {
  const { publishedIds, protectedIds } = input;
  const sets = { published: new Set(publishedIds), all: new Set(protectedIds) };
  const isInUse = findUses(clouds, started, input);
  const entries = [clouds.build, ...clouds.others].flatMap((project) =>
    [...project.images.keys()].toSorted().flatMap((imageName): readonly PlanEntry[] => {
      const images = project.images.get(imageName) ?? [];
      const keep = Math.max(1, numRevisionsOf(input.desired, imageName));
      const deletableIds = listDeletable(images, keep, sets.all);
      const marks = images.filter(({ id, isPublished }) => isPublished !== sets.published.has(id)).length;
      const reason = explainPrune(deletableIds.length, keep, marks);
      if (reason === '' || isInUse(project, imageName)) return [];
      const ids = { deletableIds, publishedIds, protectedIds };
      return [planPrune({ imageName, cloudId: project.cloudId, ...ids, reason }, marks, input)];
    }),
  );
  const wait = findWait(input);
  if (wait === undefined) return entries;
  return entries.some(({ act }) => act === 'prune') ? [wait] : [];
}

/** Returns the entry that skips all prunes: they are paused, or the images that a relation publishes are not confirmed. */
export function findWait({
  desired: { published = [], consumers, steering, otherUnits },
}: PlanInput): SkippedEntry | undefined {
  if (steering.isPaused) return skip('paused', 'prune', EVERYTHING_PAUSED);
  const confirmed = new Set(published.flatMap((each) => (each.isConfirmed ? [each.relationId] : [])));
  const all = new Set([...published, ...consumers].map(({ relationId }) => relationId));
  const ids = [...all].filter((id) => !confirmed.has(id)).toSorted((a, b) => a - b);
  if (ids.length === 0) return findUnitWait(otherUnits);
  const relations = `relation${ids.length === 1 ? '' : 's'} ${ids.join(', ')}`;
  return skip('waits', 'prune', `waits until the charm has confirmed the images published to ${relations}`);
}

/** Returns the entry that skips all prunes while the images that other units publish are not known. */
function findUnitWait(otherUnits: readonly OtherUnit[]): SkippedEntry | undefined {
  const units = otherUnits.flatMap(({ unit, imageIds }) => (imageIds === undefined ? [unit] : []));
  if (units.length === 0) return undefined;
  return skip('waits', 'prune', `waits until the published images of ${shorten(units.join(', '))} are known`);
}

/** Lists the active images beyond the newest. One that is not active stays because a process may be working on it. */
export function listDeletable(
  images: readonly ObservedImage[],
  keep: number,
  protectedIds: ReadonlySet<string>,
): readonly string[] {
  const active = images.filter(({ status }) => status === 'active').map(({ id }) => id);
  return active.slice(keep).filter((id) => !protectedIds.has(id));
}

/** Describes the effect of a prune. Returns an empty text when there is none. */
function explainPrune(deletions: number, keep: number, marks: number): string {
  return [
    ...(deletions === 0 ? [] : [`${count(deletions, 'revision')} beyond the newest ${keep}`]),
    ...(marks === 0 ? [] : [`${count(marks, 'published mark')} to change`]),
  ].join(', ');
}

/** Returns a prune, or the entry that skips it. */
export function planPrune(prune: Omit<PruneEntry, 'act'>, marks: number, input: PlanIndex): PlanEntry {
  const { imageName, cloudId, deletableIds } = prune;
  const job = { kind: 'prune', subject: imageName, cloudId } as const;
  return findPruneSkip(job, deletableIds, marks, input) ?? { act: 'prune', ...prune };
}

/**
 * Returns the entry that skips a prune after a failure, or after a success that left the same images: the cloud refuses
 * to delete images that are in use or shared.
 */
export function findPruneSkip(
  job: JobKey,
  deletableIds: readonly string[],
  marks: number,
  input: PlanIndex,
): SkippedEntry | undefined {
  const subject = `${job.subject} in ${job.cloudId}`;
  const backOff = findBackOff(job, input);
  if (backOff !== undefined) return skip(backOff.cause, subject, backOff.reason, backOff.until);
  const last = input.journal.pruned[failureKey(job)];
  if (last === undefined || last.at > input.now || marks > 0) return undefined;
  const until = last.at + Math.min(input.intervalHours * HOUR, LONGEST_PAUSE);
  if (until <= input.now || !deletableIds.every((id) => last.ids.includes(id))) return undefined;
  return skip('done', subject, `skipped until ${minuteOf(until)}: pruned at ${minuteOf(last.at)}`, until);
}

/**
 * Returns a function that reports whether a job may work on the images of one name in a project. A cloud that was not
 * seen may lead to the same project.
 */
export function findUses(
  clouds: SeenClouds,
  started: readonly PlanEntry[],
  { desired, ongoing }: PlanInput,
): (project: Project, imageName: string) => boolean {
  const seen = new Set([clouds.build, ...clouds.others].flatMap(({ cloudIds }) => cloudIds));
  const uses = new Map<string, string[]>();
  const add = (kind: string, imageName: string, cloudIds: readonly string[]): void => {
    // builds write to the build cloud, and copies read from it
    const used = kind === 'prune' ? cloudIds : [buildCloudOf(desired), ...cloudIds];
    uses.set(imageName, [...(uses.get(imageName) ?? []), ...used]);
  };
  for (const { kind, subject, cloudIds } of ongoing)
    if (kind !== 'prepare' && kind !== 'sweep') add(kind, subject, cloudIds);
  for (const entry of started) {
    if (entry.act === 'build' || entry.act === 'copy') add(entry.act, entry.imageName, entry.uploadTo);
  }
  return ({ cloudIds }, imageName) =>
    (uses.get(imageName) ?? []).some((cloudId) => cloudIds.includes(cloudId) || !seen.has(cloudId));
}
