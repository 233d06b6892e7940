import { numRevisionsOf } from '../../../model/unit/desired-state.ts';
import type { JobRequest } from '../../../model/job/job-request.ts';
import type { Project, SeenClouds } from '../plan-clouds.ts';
import { type PlanEntry, type PruneCloudsEntry, skip } from '../plan-entry.ts';
import type { PlanIndex } from '../plan-index.ts';
import { listOpenJobs } from '../plan-requests.ts';
import { findPruneSkip, findUses, findWait, listDeletable } from './plan-prunes.ts';
import { HOUR, count, shorten } from '../plan-words.ts';

const FORMER = 'images of the Python charm';
/** The age of the published images before the Python charm's are deleted: a consumer may still boot a server of them. */
const REPLACED_FOR = HOUR;

/** Plans the prune that an action requests, the oldest one first. Only a dry run does not wait for the relations. */
export function planRequestedPrune(
  clouds: SeenClouds,
  started: readonly PlanEntry[],
  input: PlanIndex,
): readonly PlanEntry[] {
  const [request] = listOpenJobs(['prune', 'prune-former'], input);
  if (request === undefined) return [];
  const pending = clouds.unseen.filter(({ state }) => state === 'pending').map(({ cloudId }) => cloudId);
  if (pending.length > 0)
    return [
      skip('waits', 'prune', `requested prune: waits for the images in ${shorten(pending.join(', '))}`),
    ];
  const wait = isDryPrune(request) ? undefined : findWait(input);
  if (wait !== undefined) return [wait];
  const projects = [clouds.build, ...clouds.others];
  const content =
    request.kind === 'prune'
      ? listRevisions(projects, findUses(clouds, started, input), input)
      : {
          revisions: [],
          former: projects.map((project) => listNamed(project, project === clouds.build)),
          omitted: [],
        };
  return [toEntry(request, content, clouds, input)];
}

function isDryPrune({ isDryRun }: Pick<JobRequest, 'isDryRun'>): boolean {
  return isDryRun !== false;
}

type Content = Pick<PruneCloudsEntry, 'revisions' | 'former' | 'omitted'>;

function toEntry(
  request: JobRequest,
  content: Content,
  { unseen }: SeenClouds,
  input: PlanIndex,
): PruneCloudsEntry {
  const { action, jobId, kind } = request;
  const missing = unseen.map(
    ({ cloudId, message }) => `cloud ${cloudId} did not answer: ${shorten(message)}`,
  );
  return {
    act: 'prune-clouds',
    buildId: jobId,
    subject: kind === 'prune' ? 'old revisions' : 'what the Python charm left',
    isDryRun: isDryPrune(request),
    protectedIds: input.protectedIds,
    ...content,
    omitted: [...content.omitted, ...missing],
    reason: `asked by action ${action}`,
  };
}

/** Lists the revisions of every image in every project, without images that a job works on. */
function listRevisions(
  projects: readonly Project[],
  isInUse: (project: Project, imageName: string) => boolean,
  input: PlanIndex,
): Content {
  const protectedIds = new Set(input.protectedIds);
  const all = projects.flatMap((project) =>
    [...project.images].map(([name, images]) => ({ project, name, images })),
  );
  return {
    revisions: all
      .filter(({ project, name }) => !isInUse(project, name))
      .map(({ project, name, images }) => {
        const keepRevisions = Math.max(1, numRevisionsOf(input.desired, name));
        const deletableIds = listDeletable(images, keepRevisions, protectedIds);
        return { cloudId: project.cloudId, imageName: name, keepRevisions, deletableIds };
      }),
    former: [],
    omitted: all
      .filter(({ project, name }) => isInUse(project, name))
      .map(({ project, name }) => `${name} in ${project.cloudId} is left out: a job works on it`),
  };
}

function listNamed({ cloudId }: Project, isBuildCloud: boolean): Content['former'][number] {
  return { cloudId, imageIds: [], names: isBuildCloud ? 'all' : 'images' };
}

/**
 * Plans the deletion of the Python charm's images whose ids were in the unit's databags, by exactly these ids, when the
 * consumers have had images of this charm for an hour.
 */
export function planFormerPrunes(clouds: SeenClouds, input: PlanIndex): readonly PlanEntry[] {
  if (input.desired.formerImages.length === 0 || findWait(input) !== undefined) return [];
  const { protectedIds } = input;
  return [clouds.build, ...clouds.others].flatMap((project): readonly PlanEntry[] => {
    const imageIds = listFormerIds(project, input).filter((id) => !protectedIds.includes(id));
    if (imageIds.length === 0) return [];
    const { cloudId } = project;
    const prune = {
      ...({ act: 'prune-clouds', buildId: undefined, subject: FORMER, isDryRun: false } as const),
      ...{ protectedIds, revisions: [], omitted: [] },
      former: [{ cloudId, imageIds, names: 'none' } as const],
      reason: `${count(imageIds.length, 'image')} of the Python charm, replaced by images of this charm`,
    };
    const job = { kind: 'prune-clouds', subject: FORMER, cloudId } as const;
    const isRunning = input.ongoing.some(
      ({ kind, cloudIds }) => kind === job.kind && cloudIds.includes(cloudId),
    );
    if (isRunning) return [skip('running', `${FORMER} in ${cloudId}`, 'being pruned')];
    return [findPruneSkip(job, imageIds, 0, input) ?? prune];
  });
}

/** Lists the former images that are active in the project, of relations whose images have been published for an hour. */
function listFormerIds(
  { cloudIds }: Project,
  { desired, observation = [], now }: PlanIndex,
): readonly string[] {
  const active = new Set(
    observation
      .filter((cloud) => cloud.state === 'seen')
      .filter(({ cloudId }) => cloudIds.includes(cloudId))
      .flatMap(({ activeExtraIds = [] }) => activeExtraIds),
  );
  const here = new Set(
    desired.consumers.filter(({ cloudId }) => cloudIds.includes(cloudId)).map(({ relationId }) => relationId),
  );
  const isReplaced = (relationId: number): boolean => {
    const found = desired.published?.find((publication) => publication.relationId === relationId);
    const sources = found?.sources ?? [];
    return (
      found !== undefined &&
      found.imageIds.every((id) => sources.some(({ imageId }) => imageId === id)) &&
      sources.every(({ source }) => Date.parse(source.createdAt) + REPLACED_FOR <= now)
    );
  };
  const ids = desired.formerImages
    .filter(({ relationId }) => here.has(relationId) && isReplaced(relationId))
    .flatMap(({ imageIds }) => imageIds);
  return [...new Set(ids)].filter((id) => active.has(id)).toSorted();
}
