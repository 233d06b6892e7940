import { OWNER_KEYS, type Owner, isOwnedBy } from '../model/owner.ts';
import { planPrune } from '../model/prune.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { deleteImage, listImages } from '../openstack/images.ts';
import { throwIfAborted } from '../system/wait.ts';

/** What to prune. */
export interface PruneRequest {
  readonly imageName: string;
  /** At least 1. */
  readonly keepRevisions: number;
  readonly protectedIds: readonly string[];
  /** Only this application's images, when given. */
  readonly owner: Owner | undefined;
  /** Only tell what would be done. */
  readonly isDryRun: boolean;
}

/** What became of one revision. */
export interface PrunedImage {
  readonly id: string;
  readonly createdAt: string;
  readonly outcome: 'kept' | 'deleted' | 'would be deleted' | 'failed';
  readonly reason: string;
}

/**
 * Deletes the revisions of one image beyond the newest `keepRevisions`. One that Glance does not let go (in use,
 * protected) is told and left; a list that did not come deletes nothing.
 */
export async function prune(cloud: Cloud, request: PruneRequest): Promise<readonly PrunedImage[]> {
  const { owner } = request;
  const named = await listImages(cloud, request.imageName);
  const revisions = named.filter(
    ({ properties }) =>
      properties[OWNER_KEYS.kind] !== 'base' && (owner === undefined || isOwnedBy(properties, owner)),
  );
  const plan = planPrune(revisions, request.keepRevisions, new Set(request.protectedIds));
  const results: PrunedImage[] = [];
  for (const { image, isDeleted, reason } of plan) {
    throwIfAborted(cloud.signal);
    const { id, createdAt } = image;
    if (!isDeleted) results.push({ id, createdAt, outcome: 'kept', reason });
    else if (request.isDryRun) results.push({ id, createdAt, outcome: 'would be deleted', reason });
    else results.push({ id, createdAt, ...(await tryDelete(cloud, id, reason)) });
  }
  return results;
}

async function tryDelete(
  cloud: Cloud,
  id: string,
  reason: string,
): Promise<Pick<PrunedImage, 'outcome' | 'reason'>> {
  try {
    await deleteImage(cloud, id);
    return { outcome: 'deleted', reason };
  } catch (error) {
    return { outcome: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}
