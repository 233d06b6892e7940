import type { ObservedImage } from '../../model/observation.ts';
import type { OngoingJob } from '../../model/ongoing-job.ts';
import { findBackOff } from './plan-back-off.ts';
import { type Project, findCopy, findLater, listActiveImages } from './plan-clouds.ts';
import { type PlanEntry, type PlanInput, type SkippedEntry, skip } from './plan-entry.ts';

/** Why a project gets a copy that has no image at all. */
export const NEW_CONSUMER = 'new consumer';
const NEWER = 'newer revision';

/** How many copies that include one project run at a time. */
const MOST_PER_PROJECT = 2;

/** A project that lacks the newest image, and why. */
interface Lack {
  readonly newest: ObservedImage;
  readonly project: Project;
  readonly reason: typeof NEW_CONSUMER | typeof NEWER;
}

type Judged = Lack & { readonly rest: SkippedEntry | undefined };

/**
 * Copies of what the build cloud has and other projects have not: for each image one entry, read once and written to
 * all of them. Of an image whose build runs or is about to start, only a project gets what there is that has none at
 * all, and that the build does not go to. Nobody gets what is older than what they have.
 */
export function planCopies(
  build: Project,
  others: readonly Project[],
  builds: readonly PlanEntry[],
  input: PlanInput,
): readonly PlanEntry[] {
  const lacks = [...input.desired.images.keys()].flatMap((imageName) => {
    const [newest] = listActiveImages(build.images, imageName);
    if (newest === undefined) return [];
    return others.flatMap((project) => findLack(project, newest, build, builds, input));
  });
  const judged = shareSlots(lacks, input);
  return [...new Set(judged.map(({ newest }) => newest))].flatMap((newest) =>
    planCopiesOf(
      newest,
      judged.filter((lack) => lack.newest === newest),
    ),
  );
}

function planCopiesOf(newest: ObservedImage, lacks: readonly Judged[]): readonly PlanEntry[] {
  const ready = lacks.filter((lack) => lack.rest === undefined);
  const resting = lacks.flatMap((lack) => lack.rest ?? []);
  if (ready.length === 0) return resting;
  const reason = [...new Set(ready.map((lack) => lack.reason))].join(', ');
  const uploadTo = ready.map(({ project }) => project.cloudId);
  return [{ act: 'copy', imageName: newest.name, imageId: newest.id, uploadTo, reason }, ...resting];
}

/** Who has none at all comes first. */
function shareSlots(lacks: readonly (Lack | Judged)[], input: PlanInput): readonly Judged[] {
  const taken = new Map<Project, number>();
  const judge = (lack: Lack | Judged): Judged => {
    const { project, newest } = lack;
    const own = ('rest' in lack ? lack.rest : undefined) ?? findRest(project, newest.name, input);
    if (own !== undefined) return { ...lack, rest: own };
    const running = input.ongoing.filter(
      ({ kind, cloudIds }) => kind === 'copy' && cloudIds.some((id) => project.cloudIds.includes(id)),
    );
    const busy = running.length + (taken.get(project) ?? 0);
    if (busy >= MOST_PER_PROJECT) return { ...lack, rest: waitForSlot(lack) };
    taken.set(project, (taken.get(project) ?? 0) + 1);
    return { ...lack, rest: undefined };
  };
  const isFirst = ({ reason }: Lack): boolean => reason === NEW_CONSUMER;
  const order = [...lacks.filter(isFirst), ...lacks.filter((lack) => !isFirst(lack))];
  const judged = new Map(order.map((lack) => [lack, judge(lack)]));
  return lacks.flatMap((lack) => judged.get(lack) ?? []);
}

function findLack(
  project: Project,
  newest: ObservedImage,
  build: Project,
  builds: readonly PlanEntry[],
  { ongoing }: PlanInput,
): readonly (Lack | Judged)[] {
  const { name } = newest;
  if (findCopy(project.images, newest) !== undefined) return [];
  const hasOther = listActiveImages(project.images, name).length > 0;
  const lack = { newest, project, reason: hasOther ? NEWER : NEW_CONSUMER } as const;
  const running = ongoing.find(({ kind, subject }) => kind === 'build' && subject === name);
  if (running?.cloudIds.some((id) => project.cloudIds.includes(id)) === true) return [];
  const starts = builds.some((entry) => entry.act === 'build' && entry.imageName === name);
  if (hasOther && (running !== undefined || starts)) return [];
  const later = findLater(project.images, newest, build.images);
  if (later === undefined) return [lack];
  const reason = `has what is newer than what the build cloud has: ${later.id}`;
  return [{ ...lack, rest: skip('waits', subjectOf(lack), reason) }];
}

function findRest(project: Project, imageName: string, input: PlanInput): SkippedEntry | undefined {
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

function waitForSlot(lack: Lack): SkippedEntry {
  return skip('waits', subjectOf(lack), `waits for one of ${MOST_PER_PROJECT} copies to it to end`);
}

function subjectOf({ newest, project }: Lack): string {
  return `${newest.name} to ${project.cloudId}`;
}
