import { buildCloudOf, numRevisionsOf } from '../../model/desired-state.ts';
import type { ObservedImage } from '../../model/observation.ts';
import type { OngoingJob } from '../../model/ongoing-job.ts';
import { OWNER_KEYS } from '../../model/owner.ts';
import { type Revision, planPrune } from '../../model/prune.ts';
import { failureKey } from '../journal/journal.ts';
import { findBackOff } from './plan-back-off.ts';
import { type Clouds, type Project, chooseImage, isSeen, sortNewestFirst } from './plan-clouds.ts';
import { type PlanEntry, type PlanInput, type SkippedEntry, skip } from './plan-entry.ts';
import { settingsOf } from './plan-settings.ts';
import { HOUR, count, minuteOf } from './plan-words.ts';

const LONGEST_PAUSE = 6 * HOUR;

/** The images of one name in one project. */
interface Place {
  readonly project: Project;
  readonly imageName: string;
}

/**
 * Plans prunes, which delete the revisions beyond the newest ones and mark the published images. Nothing is pruned
 * before the published images of every relation are confirmed, in a cloud that did not answer, or while the build cloud
 * does not answer. Each project is pruned once, even if consumers share it, and not while a job works on the same
 * image.
 */
export function planPrunes(
  clouds: Clouds,
  started: readonly PlanEntry[],
  input: PlanInput,
): readonly PlanEntry[] {
  const { build } = clouds;
  if (!isSeen(build)) return []; // the image to publish depends on the build cloud
  const published = new Set((input.desired.published ?? []).flatMap(({ imageIds }) => imageIds));
  const entries = [build, ...clouds.others]
    .flatMap((project) => listNames(project).map((imageName) => ({ project, imageName })))
    .filter((place) => !isInUse(place, clouds, started, input))
    .flatMap((place) => planPlace(place, build, published, input) ?? []);
  const unconfirmed = listUnconfirmed(input);
  if (unconfirmed.length === 0) return entries;
  return entries.some(({ act }) => act === 'prune') ? [waitForConfirmation(unconfirmed)] : [];
}

/** Returns the relations whose published images are not confirmed. */
function listUnconfirmed({ desired: { published = [], consumers } }: PlanInput): readonly number[] {
  const confirmed = new Set(
    published.filter(({ isConfirmed }) => isConfirmed).map(({ relationId }) => relationId),
  );
  const all = [...published, ...consumers].map(({ relationId }) => relationId);
  return [...new Set(all)].filter((id) => !confirmed.has(id)).toSorted((a, b) => a - b);
}

function waitForConfirmation(relationIds: readonly number[]): SkippedEntry {
  const relations = `relation${relationIds.length === 1 ? '' : 's'} ${relationIds.join(', ')}`;
  return skip('waits', 'prune', `waits until the charm has confirmed the images published to ${relations}`);
}

function planPlace(
  { project, imageName }: Place,
  build: Project,
  published: ReadonlySet<string>,
  input: PlanInput,
): PlanEntry | undefined {
  const images = sortNewestFirst(project.images.filter(({ name }) => name === imageName));
  const chosen = chooseImage(project.images, imageName, build.images);
  const keep = Math.max(1, numRevisionsOf(input.desired, imageName));
  const reason = explainPrune(images, chosen, published, keep);
  if (reason === undefined) return undefined;
  const { cloudId } = project;
  return (
    findSkip(imageName, cloudId, input) ?? {
      ...{ act: 'prune', imageName, cloudId, reason },
      publishedIds: [...published].toSorted(),
    }
  );
}

/**
 * Describes the effect of a prune. Returns undefined when there is none, or when the prune would delete `chosen`, which
 * is about to be published.
 */
function explainPrune(
  images: readonly ObservedImage[],
  chosen: ObservedImage | undefined,
  published: ReadonlySet<string>,
  keep: number,
): string | undefined {
  const revisions = images.map((image) => toRevision(image, published));
  const deletions = planPrune(revisions, keep, published).filter(({ shouldDelete }) => shouldDelete);
  if (deletions.some((decision) => decision.image.id === chosen?.id)) return undefined;
  const deleted = deletions.length;
  const marked = images.filter(({ id, isPublished }) => isPublished !== published.has(id)).length;
  const reasons = [
    ...(deleted === 0 ? [] : [`${count(deleted, 'revision')} beyond the newest ${keep}`]),
    ...(marked === 0 ? [] : [`${count(marked, 'published mark')} to change`]),
  ];
  return reasons.length === 0 ? undefined : reasons.join(', ');
}

/** Returns the revision as the prune sees it after its update of the marks. */
function toRevision({ id, status }: ObservedImage, published: ReadonlySet<string>): Revision {
  return { id, status, properties: published.has(id) ? { [OWNER_KEYS.published]: 'true' } : {} };
}

/**
 * Returns the entry that skips a prune after a failure or after a recent success. A successful prune is not repeated at
 * once because it may have left images that the cloud refuses to delete while they are in use or shared.
 */
function findSkip(imageName: string, cloudId: string, input: PlanInput): SkippedEntry | undefined {
  const { journal, desired, intervalHours, now } = input;
  const job = { kind: 'prune', subject: imageName, cloudId } as const;
  const subject = `${imageName} in ${cloudId}`;
  const backOff = findBackOff(job, input);
  if (backOff !== undefined) return skip('failed', subject, backOff.reason, backOff.until);
  const last = journal.pruned[failureKey(job)];
  if (last?.settings !== settingsOf(desired, 'prune', imageName) || last.at > now) return undefined;
  const until = last.at + Math.min(intervalHours * HOUR, LONGEST_PAUSE);
  if (until <= now) return undefined;
  return skip('done', subject, `skipped until ${minuteOf(until)}: pruned at ${minuteOf(last.at)}`, until);
}

/** Reports whether a job may work on these images. A cloud that was not seen may lead to the same project. */
function isInUse(
  place: Place,
  clouds: Clouds,
  started: readonly PlanEntry[],
  { desired, ongoing }: PlanInput,
): boolean {
  const buildCloud = buildCloudOf(desired);
  const seen = [clouds.build, ...clouds.others].filter(isSeen).flatMap(({ cloudIds }) => cloudIds);
  const isSameProject = (cloudId: string): boolean =>
    place.project.cloudIds.includes(cloudId) || !seen.includes(cloudId);
  const isOnImage = (job: OngoingJob): boolean => job.kind !== 'prepare' && job.subject === place.imageName;
  const running = ongoing
    .filter(isOnImage)
    .flatMap((job) => listUsedClouds(job.kind, job.cloudIds, buildCloud));
  const starting = started
    .filter((entry) => entry.act === 'build' || entry.act === 'copy')
    .filter(({ imageName }) => imageName === place.imageName)
    .flatMap((entry) => listUsedClouds(entry.act, entry.uploadTo, buildCloud));
  return [...running, ...starting].some(isSameProject);
}

/** Returns the clouds of a job. Builds write to the build cloud, and copies read from it. */
function listUsedClouds(kind: string, cloudIds: readonly string[], buildCloud: string): readonly string[] {
  return kind === 'prune' ? cloudIds : [buildCloud, ...cloudIds];
}

function listNames({ images }: Project): readonly string[] {
  return [...new Set(images.map(({ name }) => name))].toSorted();
}
