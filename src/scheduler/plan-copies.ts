import type { ObservedImage } from '../model/observation.ts';
import type { OngoingJob } from '../model/ongoing-job.ts';
import { findBackOff } from './plan-back-off.ts';
import { type Project, findCopy, listActiveImages } from './plan-clouds.ts';
import { type PlanEntry, type PlanInput, type Rest, rest } from './plan-entry.ts';
import { listWantedImages } from './plan-matrix.ts';

const NEW = 'new consumer';
const NEWER = 'newer revision';

/** A project that lacks the newest image, and why. */
interface Lack {
  readonly project: Project;
  readonly reason: typeof NEW | typeof NEWER;
}

/**
 * Copies of what the build cloud has and other projects have not: for each image one entry, read once and written to
 * all of them. An image whose build runs is left to that build. When a newer one is about to start, only a project
 * that has none at all gets what there is.
 */
export function planCopies(
  build: Project,
  others: readonly Project[],
  builds: readonly PlanEntry[],
  input: PlanInput,
): readonly PlanEntry[] {
  return listWantedImages(input.desired.images).flatMap(({ imageName }) => {
    const [newest] = listActiveImages(build.images, imageName);
    const isBuilding = input.ongoing.some(({ kind, subject }) => kind === 'build' && subject === imageName);
    if (newest === undefined || isBuilding) return [];
    const starts = builds.some((entry) => entry.act === 'build' && entry.imageName === imageName);
    const lacks = others
      .flatMap((project) => findLack(project, newest))
      .filter(({ reason }) => reason === NEW || !starts);
    return planCopiesOf(newest, lacks, input);
  });
}

function planCopiesOf(newest: ObservedImage, lacks: readonly Lack[], input: PlanInput): readonly PlanEntry[] {
  const rests = lacks.map(({ project }) => findRest(project, newest.name, input));
  const ready = lacks.filter((_, index) => rests[index] === undefined);
  const resting = rests.filter((found) => found !== undefined);
  if (ready.length === 0) return resting;
  const reason = [...new Set(ready.map((lack) => lack.reason))].join(', ');
  const uploadTo = ready.map(({ project }) => project.cloudId);
  return [{ act: 'copy', imageName: newest.name, imageId: newest.id, uploadTo, reason }, ...resting];
}

function findLack(project: Project, newest: ObservedImage): readonly Lack[] {
  if (findCopy(project.images, newest) !== undefined) return [];
  const hasOther = listActiveImages(project.images, newest.name).length > 0;
  return [{ project, reason: hasOther ? NEWER : NEW }];
}

function findRest(project: Project, imageName: string, input: PlanInput): Rest | undefined {
  const { cloudId } = project;
  const subject = `${imageName} to ${cloudId}`;
  const isCopied = (job: OngoingJob): boolean =>
    job.kind === 'copy' &&
    job.subject === imageName &&
    job.cloudIds.some((id) => project.cloudIds.includes(id));
  if (input.ongoing.some(isCopied)) return rest('running', subject, 'being copied');
  const backOff = findBackOff({ kind: 'copy', subject: imageName, cloudId }, input);
  return backOff === undefined ? undefined : rest('failed', subject, backOff.reason, backOff.until);
}
