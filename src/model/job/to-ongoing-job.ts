import type { OrderOf, WorkOrder } from './job-order.ts';
import type { OngoingJob } from './ongoing-job.ts';

/** The subject of a sweep, which concerns no image. */
export const SWEEP_SUBJECT = 'leftovers';

/** Returns the subject of a job: the name of the image or layer, the bases to prepare, or what is pruned or swept. */
function subjectOf(order: WorkOrder): string {
  if (order.kind === 'sweep') return SWEEP_SUBJECT;
  if (order.kind === 'prune-clouds') return order.subject;
  if (order.kind === 'preflight') return 'all images';
  if (order.kind === 'trial') return order.trial.imageName;
  if (order.kind !== 'prepare') return order.imageName;
  return order.entries.map(({ image }) => image.base).join(',');
}

/** Returns the destinations of a build or copy, or the clouds to prune or sweep. */
function cloudIdsOf(order: WorkOrder): readonly string[] {
  switch (order.kind) {
    case 'build':
    case 'copy':
      return order.cloudIds;
    case 'prune':
      return [order.cloudId];
    case 'prune-clouds':
      return listPrunedClouds(order);
    case 'sweep':
      return [order.buildCloud, ...order.cloudIds];
    case 'layer':
    case 'prepare':
    case 'preflight':
    case 'trial':
      return [];
  }
}

/** The images of several clouds that a prune may delete. */
type CloudPrunes = Pick<OrderOf<'prune-clouds'>, 'revisions' | 'former' | 'isDryRun'>;

/** Lists the clouds of a prune, each once. */
export function listPrunedClouds({ revisions, former }: CloudPrunes): readonly string[] {
  return [...new Set([...revisions, ...former].map(({ cloudId }) => cloudId))];
}

/** Lists the images that a prune of several clouds may delete; undefined for a dry run. */
export function findPrunedIds({ revisions, former, isDryRun }: CloudPrunes): readonly string[] | undefined {
  if (isDryRun) return undefined;
  return [
    ...revisions.flatMap(({ deletableIds }) => deletableIds),
    ...former.flatMap(({ imageIds }) => imageIds),
  ];
}

/** Returns the images that a prune may delete; undefined for other jobs. */
function deletableIdsOf(order: WorkOrder): readonly string[] | undefined {
  if (order.kind === 'prune') return order.deletableIds;
  return order.kind === 'prune-clouds' ? findPrunedIds(order) : undefined;
}

/** Returns the scheduler's view of a job that was started. */
export function toOngoingJob(order: WorkOrder): OngoingJob {
  return {
    kind: order.kind,
    buildId: order.id,
    subject: subjectOf(order),
    cloudIds: cloudIdsOf(order),
    ...(deletableIdsOf(order) === undefined ? {} : { deletableIds: deletableIdsOf(order) }),
    ...(order.kind === 'build' || order.kind === 'layer' ? { layerId: order.layerId } : {}),
    reason: order.reason,
    startedAt: Date.parse(order.orderedAt),
  };
}
