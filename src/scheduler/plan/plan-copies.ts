import type { ObservedImage } from '../../model/observation.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import { findBackOff, findFailure } from './plan-back-off.ts';
import { type SeenClouds, type Project, findCopy, leadsTo, listActive } from './plan-clouds.ts';
import { type PlanEntry, type SkippedEntry, skip } from './plan-entry.ts';
import type { PlanIndex } from './plan-index.ts';
import { findPin } from '../../model/unit/steering.ts';
import { findTarget } from './plan-steering.ts';

/** The reason for a copy to a project that has no image of this name. */
export const NEW_CONSUMER = 'new consumer';
const NEWER = 'newer revision';
const PINNED = 'pinned revision';

/** The number of concurrent copies to one project. */
const MAX_PER_PROJECT = 2;

/** A project without the image to publish. */
interface MissingCopy {
  /** The newest image, or the pinned one. */
  readonly target: ObservedImage;
  readonly project: Project;
  readonly reason: typeof NEW_CONSUMER | typeof NEWER | typeof PINNED;
  /** Reports whether the last copy may have killed or stalled its job; it is repeated in a job of its own. */
  readonly isSuspect: boolean;
  /** Defined when the copy is not made now. */
  readonly skip?: SkippedEntry | undefined;
}

/**
 * Plans copies of the newest images, or of the pinned ones, to projects without them. Each image has one entry, so that
 * it is read once and written to all projects. While an image is being built or is about to be built, it is copied only
 * to projects that have no image of this name and are no destination of the build. An image that is older than a
 * published one is copied only to projects that have none. A pinned image is copied in any case.
 */
export function planCopies(
  clouds: SeenClouds,
  builds: readonly PlanEntry[],
  input: PlanIndex,
): readonly PlanEntry[] {
  const starting = new Set(builds.flatMap((entry) => (entry.act === 'build' ? [entry.imageName] : [])));
  const { steering } = input.desired;
  const missing = [...input.desired.images.keys()].flatMap((imageName) => {
    const target = findTarget(clouds.build.images, imageName, input.desired);
    if (target === undefined) return [];
    const isPinned = findPin(steering, imageName) !== undefined;
    const running = input.ongoing.find(({ kind, subject }) => kind === 'build' && subject === imageName);
    const isReplaced =
      !isPinned && (running !== undefined || starting.has(imageName) || clouds.missing.has(imageName));
    return clouds.others
      .filter((project) => running === undefined || !leadsTo(running, project, input))
      .flatMap((project) => findMissingCopy(project, target, { isReplaced, isPinned }) ?? [])
      .map((copy) => ({ ...copy, isSuspect: findFailure(keyOf(copy), input)?.isSuspect === true }));
  });
  const decided = assignSlots(missing, input);
  const byImage = new Map<ObservedImage, MissingCopy[]>();
  for (const copy of decided) byImage.set(copy.target, [...(byImage.get(copy.target) ?? []), copy]);
  const copies = [...byImage].flatMap(([target, missingCopies]) => {
    const alone = missingCopies.filter(({ isSuspect }) => isSuspect);
    const shared = missingCopies.filter(({ isSuspect }) => !isSuspect);
    return [shared, ...alone.map((copy) => [copy])].flatMap((group) => planCopiesOf(target, group));
  });
  return [...copies, ...listGonePins(clouds, input)];
}

/** Returns an entry for each pinned image whose revision the build cloud does not have: it can be copied nowhere. */
function listGonePins(clouds: SeenClouds, { desired }: PlanIndex): readonly SkippedEntry[] {
  return [...desired.images.keys()].flatMap((imageName) => {
    const pin = findPin(desired.steering, imageName);
    if (pin === undefined || findTarget(clouds.build.images, imageName, desired) !== undefined) return [];
    return [skip('pinned', imageName, `pinned to build ${pin}, which the build cloud does not have`)];
  });
}

function planCopiesOf(target: ObservedImage, missing: readonly MissingCopy[]): readonly PlanEntry[] {
  const ready = missing.filter((copy) => copy.skip === undefined);
  const skipped = missing.flatMap((copy) => copy.skip ?? []);
  if (ready.length === 0) return skipped;
  const reason = [...new Set(ready.map((copy) => copy.reason))].join(', ');
  const uploadTo = ready.map(({ project }) => project.cloudId);
  return [{ act: 'copy', imageName: target.name, imageId: target.id, uploadTo, reason }, ...skipped];
}

/** Skips copies that are running, have failed recently or have no free slot. New consumers get their slots first. */
function assignSlots(missing: readonly MissingCopy[], input: PlanIndex): readonly MissingCopy[] {
  const taken = new Map<Project, number>();
  const decide = (copy: MissingCopy): MissingCopy => {
    const { project } = copy;
    const skipped = findSkip(copy, input);
    if (skipped !== undefined) return { ...copy, skip: skipped };
    const running = input.ongoing.filter((job) => job.kind === 'copy' && leadsTo(job, project, input));
    const busy = running.length + (taken.get(project) ?? 0);
    const wait = `waits for one of ${MAX_PER_PROJECT} copies to this cloud to end`;
    if (busy >= MAX_PER_PROJECT) return { ...copy, skip: skip('waits', subjectOf(copy), wait) };
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
  target: ObservedImage,
  { isReplaced, isPinned }: { readonly isReplaced: boolean; readonly isPinned: boolean },
): Pick<MissingCopy, 'target' | 'project' | 'reason'> | undefined {
  const active = listActive(project.images, target.name);
  if (findCopy(active, target) !== undefined || (isReplaced && active.length > 0)) return undefined;
  const another = isPinned ? PINNED : NEWER;
  return { target, project, reason: active.length > 0 ? another : NEW_CONSUMER };
}

function findSkip(copy: MissingCopy, input: PlanIndex): SkippedEntry | undefined {
  const { target, project } = copy;
  const subject = subjectOf(copy);
  if (project.paused !== undefined) return skip('paused', subject, project.paused);
  const isCopied = (job: OngoingJob): boolean =>
    job.kind === 'copy' && job.subject === target.name && leadsTo(job, project, input);
  if (input.ongoing.some(isCopied)) return skip('running', subject, 'being copied');
  if (copy.isSuspect && findFailure(keyOf(copy), input)?.attempts === 1) return undefined; // most suspects are innocent
  const backOff = findBackOff(keyOf(copy), input);
  return backOff === undefined ? undefined : skip(backOff.cause, subject, backOff.reason, backOff.until);
}

function keyOf({ target, project }: Pick<MissingCopy, 'target' | 'project'>) {
  return { kind: 'copy', subject: target.name, cloudId: project.cloudId } as const;
}

function subjectOf({ target, project }: MissingCopy): string {
  return `${target.name} to ${project.cloudId}`;
}
