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

/** Where the images of one name may be pruned. */
interface Place {
  readonly project: Project;
  readonly imageName: string;
}

/**
 * Deletes what is beyond the newest revisions, and marks what is published. Nothing, as long as it is not settled
 * what every relation publishes; nothing where it was not seen now, or when the build cloud was not; in each project
 * once, whoever shares it; and not where a job works on the same image.
 */
export function planPrunes(
  clouds: Clouds,
  started: readonly PlanEntry[],
  input: PlanInput,
): readonly PlanEntry[] {
  const { build } = clouds;
  if (!isSeen(build)) return []; // which image consumers are to get cannot be told without it
  const published = new Set((input.desired.published ?? []).flatMap(({ imageIds }) => imageIds));
  const entries = [build, ...clouds.others]
    .flatMap((project) => listNames(project).map((imageName) => ({ project, imageName })))
    .filter((place) => !isTouched(place, clouds, started, input))
    .flatMap((place) => planPlace(place, build, published, input) ?? []);
  const unsure = listUnsure(input);
  if (unsure.length === 0) return entries;
  return entries.some(({ act }) => act === 'prune') ? [holdUp(unsure)] : [];
}

/** The relations of which it is not known for sure what is published there. */
function listUnsure({ desired: { published = [], consumers } }: PlanInput): readonly number[] {
  const settled = new Set(
    published.filter(({ isConfirmed }) => isConfirmed).map(({ relationId }) => relationId),
  );
  const all = [...published, ...consumers].map(({ relationId }) => relationId);
  return [...new Set(all)].filter((id) => !settled.has(id)).toSorted((a, b) => a - b);
}

function holdUp(relationIds: readonly number[]): SkippedEntry {
  const which = `relation${relationIds.length === 1 ? '' : 's'} ${relationIds.join(', ')}`;
  return skip('waits', 'prune', `waits until it is read back what is published to ${which}`);
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
    findRest(imageName, cloudId, input) ?? {
      ...{ act: 'prune', imageName, cloudId, reason },
      publishedIds: [...published].toSorted(),
    }
  );
}

/** What a prune would do; `undefined`: nothing, or harm to `chosen`, which is about to be published. */
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

/** As the prune finds it once it has put the marks right. */
function toRevision({ id, status }: ObservedImage, published: ReadonlySet<string>): Revision {
  return { id, status, properties: published.has(id) ? { [OWNER_KEYS.published]: 'true' } : {} };
}

/**
 * What failed rests; and what came through and yet left something is not asked for again and again: a cloud may keep
 * what is in use or shared.
 */
function findRest(imageName: string, cloudId: string, input: PlanInput): SkippedEntry | undefined {
  const { journal, desired, intervalHours, now } = input;
  const job = { kind: 'prune', subject: imageName, cloudId } as const;
  const subject = `${imageName} in ${cloudId}`;
  const backOff = findBackOff(job, input);
  if (backOff !== undefined) return skip('failed', subject, backOff.reason, backOff.until);
  const last = journal.pruned[failureKey(job)];
  if (last?.settings !== settingsOf(desired, 'prune', imageName) || last.at > now) return undefined;
  const until = last.at + Math.min(intervalHours * HOUR, LONGEST_PAUSE);
  if (until <= now) return undefined;
  return skip('done', subject, `pruned; looks again at ${minuteOf(until)}`, until);
}

/** Does a job work on these images, or may it? One that goes to a cloud that was not seen may be anywhere. */
function isTouched(
  place: Place,
  clouds: Clouds,
  started: readonly PlanEntry[],
  { desired, ongoing }: PlanInput,
): boolean {
  const buildCloud = buildCloudOf(desired);
  const seen = [clouds.build, ...clouds.others].filter(isSeen).flatMap(({ cloudIds }) => cloudIds);
  const touches = (cloudId: string): boolean =>
    place.project.cloudIds.includes(cloudId) || !seen.includes(cloudId);
  const ours = (job: OngoingJob): boolean => job.kind !== 'prepare' && job.subject === place.imageName;
  const running = ongoing.filter(ours).flatMap((job) => listTouched(job.kind, job.cloudIds, buildCloud));
  const starting = started
    .filter((entry) => entry.act === 'build' || entry.act === 'copy')
    .filter(({ imageName }) => imageName === place.imageName)
    .flatMap((entry) => listTouched(entry.act, entry.uploadTo, buildCloud));
  return [...running, ...starting].some(touches);
}

/** A build makes its image in the build cloud, and a copy reads it there. */
function listTouched(kind: string, cloudIds: readonly string[], buildCloud: string): readonly string[] {
  return kind === 'prune' ? cloudIds : [buildCloud, ...cloudIds];
}

function listNames({ images }: Project): readonly string[] {
  return [...new Set(images.map(({ name }) => name))].toSorted();
}
