import type { ObservedImage } from '../../model/observation.ts';
import type { OngoingJob } from '../../model/ongoing-job.ts';
import { findBackOff } from './plan-back-off.ts';
import { type Project, findCopy, findLater, listActiveImages } from './plan-clouds.ts';
import { type PlanEntry, type PlanInput, type SkippedEntry, skip } from './plan-entry.ts';

/** The reason for a copy to a project that has no image of this name. */
export const NEW_CONSUMER = 'new consumer';
const NEWER = 'newer revision';

/** The number of concurrent copies to one project. */
const MAX_PER_PROJECT = 2;

/** A project without the newest image. */
interface MissingCopy {
  readonly newest: ObservedImage;
  readonly project: Project;
  readonly reason: typeof NEW_CONSUMER | typeof NEWER;
  /** Defined when the copy is not made now. */
  readonly skip: SkippedEntry | undefined;
}

/** The state of the build cloud that decides about copies. */
interface CopyContext {
  readonly build: Project;
  /** The plan of builds. */
  readonly builds: readonly PlanEntry[];
  readonly ongoing: readonly OngoingJob[];
}

/**
 * Plans copies of the newest images to projects without them. Each image has one entry, so that it is read once and
 * written to all projects. While an image is being built or is about to be built, it is copied only to projects that
 * have no image of this name and are no destination of the build. No project gets an image older than its own.
 */
export function planCopies(
  build: Project,
  others: readonly Project[],
  builds: readonly PlanEntry[],
  input: PlanInput,
): readonly PlanEntry[] {
  const context = { build, builds, ongoing: input.ongoing };
  const missing = [...input.desired.images.keys()].flatMap((imageName) => {
    const [newest] = listActiveImages(build.images, imageName);
    if (newest === undefined) return [];
    return others.flatMap((project) => findMissingCopy(project, newest, context) ?? []);
  });
  const decided = assignSlots(missing, input);
  return [...new Set(decided.map(({ newest }) => newest))].flatMap((newest) =>
    planCopiesOf(
      newest,
      decided.filter((copy) => copy.newest === newest),
    ),
  );
}

function planCopiesOf(newest: ObservedImage, missing: readonly MissingCopy[]): readonly PlanEntry[] {
  const ready = missing.filter((copy) => copy.skip === undefined);
  const skipped = missing.flatMap((copy) => copy.skip ?? []);
  if (ready.length === 0) return skipped;
  const reason = [...new Set(ready.map((copy) => copy.reason))].join(', ');
  const uploadTo = ready.map(({ project }) => project.cloudId);
  return [{ act: 'copy', imageName: newest.name, imageId: newest.id, uploadTo, reason }, ...skipped];
}

/** Skips copies that are running, have failed recently or have no free slot. New consumers get their slots first. */
function assignSlots(missing: readonly MissingCopy[], input: PlanInput): readonly MissingCopy[] {
  const taken = new Map<Project, number>();
  const decide = (copy: MissingCopy): MissingCopy => {
    const { project, newest } = copy;
    const skipped = copy.skip ?? findSkip(project, newest.name, input);
    if (skipped !== undefined) return { ...copy, skip: skipped };
    const running = input.ongoing.filter(
      ({ kind, cloudIds }) => kind === 'copy' && cloudIds.some((id) => project.cloudIds.includes(id)),
    );
    const busy = running.length + (taken.get(project) ?? 0);
    if (busy >= MAX_PER_PROJECT) return { ...copy, skip: waitForSlot(copy) };
    taken.set(project, (taken.get(project) ?? 0) + 1);
    return copy;
  };
  const isFirst = ({ reason }: MissingCopy): boolean => reason === NEW_CONSUMER;
  const order = [...missing.filter(isFirst), ...missing.filter((copy) => !isFirst(copy))];
  const decided = new Map(order.map((copy) => [copy, decide(copy)]));
  return missing.flatMap((copy) => decided.get(copy) ?? []);
}

function findMissingCopy(
  project: Project,
  newest: ObservedImage,
  { build, builds, ongoing }: CopyContext,
): MissingCopy | undefined {
  const { name } = newest;
  if (findCopy(project.images, newest) !== undefined) return undefined;
  const hasOther = listActiveImages(project.images, name).length > 0;
  const copy = { newest, project, reason: hasOther ? NEWER : NEW_CONSUMER, skip: undefined } as const;
  const running = ongoing.find(({ kind, subject }) => kind === 'build' && subject === name);
  if (running?.cloudIds.some((id) => project.cloudIds.includes(id)) === true) return undefined;
  const starts = builds.some((entry) => entry.act === 'build' && entry.imageName === name);
  if (hasOther && (running !== undefined || starts)) return undefined;
  const later = findLater(project.images, newest, build.images);
  if (later === undefined) return copy;
  const reason = `waits for a new build: ${later.id} is newer than the image in the build cloud`;
  return { ...copy, skip: skip('waits', subjectOf(copy), reason) };
}

function findSkip(project: Project, imageName: string, input: PlanInput): SkippedEntry | undefined {
  const { cloudId } = project;
  const subject = `${imageName} to ${cloudId}`;
  const isCopied = (job: OngoingJob): boolean =>
    job.kind === 'copy' &&
    job.subject === imageName &&
    job.cloudIds.some((id) => project.cloudIds.includes(id));
  if (input.ongoing.some(isCopied)) return skip('running', subject, 'being copied');
  const backOff = findBackOff({ kind: 'copy', subject: imageName, cloudId }, input);
  return backOff === undefined ? undefined : skip('failed', subject, backOff.reason, backOff.until);
}

function waitForSlot(copy: MissingCopy): SkippedEntry {
  return skip('waits', subjectOf(copy), `waits for one of ${MAX_PER_PROJECT} copies to this cloud to end`);
}

function subjectOf({ newest, project }: MissingCopy): string {
  return `${newest.name} to ${project.cloudId}`;
}
