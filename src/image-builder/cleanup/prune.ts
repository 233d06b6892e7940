import { messageOf } from '../../model/message-of.ts';
import { OWNER_KEYS, type Owner, isOwnedBy } from '../../model/owner.ts';
import type { PrunedImage } from '../../model/program-result-common.ts';
import { planPrune } from '../../model/prune.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { listImageMembers } from '../../openstack/image-members.ts';
import { type Image, deleteImage, listImages } from '../../openstack/images.ts';
import { throwIfAborted } from '../../system/wait.ts';
import { applyMarks, planMarks } from './publish-marks.ts';

/** The parameters of a prune. */
export interface PruneRequest {
  readonly imageName: string;
  /** At least 1. */
  readonly keepRevisions: number;
  readonly protectedIds: readonly string[];
  /** Limits the prune to the images of this application; all images of the name when undefined. */
  readonly owner: Owner | undefined;
  /** Reports the deletions without making them. */
  readonly isDryRun: boolean;
}

/** The parameters of a prune that first updates the marks of published images. */
export interface PublishedPruneRequest extends PruneRequest {
  readonly owner: Owner;
  readonly publishedIds: readonly string[];
}

/** The changes of marks and revisions; in a dry run the changes that would be made. */
export interface PublishedPrune {
  readonly marked: readonly string[];
  readonly unmarked: readonly string[];
  readonly images: readonly PrunedImage[];
}

/**
 * Deletes the revisions of one image beyond the newest `keepRevisions`. A revision that Glance refuses to delete (in use,
 * protected) is reported as failed. Deletes nothing when the list cannot be read.
 */
export async function prune(cloud: Cloud, request: PruneRequest): Promise<readonly PrunedImage[]> {
  return pruneRevisions(cloud, await listRevisions(cloud, request), request);
}

/**
 * Updates the marks of published images and then prunes. Deletes nothing when a mark cannot be changed.
 */
export async function pruneUnpublished(
  cloud: Cloud,
  request: PublishedPruneRequest,
): Promise<PublishedPrune> {
  const plan = planMarks(await listRevisions(cloud, request), request.publishedIds);
  const images = request.isDryRun ? plan.images : await applyMarks(cloud, plan);
  const { marked, unmarked } = plan;
  return { marked, unmarked, images: await pruneRevisions(cloud, images, request) };
}

async function listRevisions(cloud: Cloud, { imageName, owner }: PruneRequest): Promise<readonly Image[]> {
  const named = await listImages(cloud, imageName);
  return named.filter(
    ({ properties }) =>
      properties[OWNER_KEYS.kind] !== 'base' && (owner === undefined || isOwnedBy(properties, owner)),
  );
}

async function pruneRevisions(
  cloud: Cloud,
  revisions: readonly Image[],
  request: PruneRequest,
): Promise<readonly PrunedImage[]> {
  const plan = planPrune(revisions, request.keepRevisions, new Set(request.protectedIds));
  const results: PrunedImage[] = [];
  for (const { image, shouldDelete, reason } of plan) {
    throwIfAborted(cloud.signal);
    const { id, createdAt } = image;
    const result = shouldDelete ? await remove(cloud, image, reason, request.isDryRun) : kept(reason);
    results.push({ id, createdAt, ...result });
  }
  return results;
}

type Result = Pick<PrunedImage, 'outcome' | 'reason'>;

function kept(reason: string): Result {
  return { outcome: 'kept', reason };
}

/** Deletes an image unless others may use it: public, community, or shared with a project that did not reject it. */
async function remove(cloud: Cloud, image: Image, reason: string, isDryRun: boolean): Promise<Result> {
  const { id, visibility } = image;
  if (visibility === 'public' || visibility === 'community') return kept(visibility);
  try {
    const members = visibility === 'shared' ? await listImageMembers(cloud, id) : [];
    const sharing = members.filter(({ status }) => status !== 'rejected');
    if (sharing.length > 0) return kept(`shared with ${sharing.length} project(s)`);
    if (isDryRun) return { outcome: 'would be deleted', reason };
    await deleteImage(cloud, id);
    return { outcome: 'deleted', reason };
  } catch (error) {
    return { outcome: 'failed', reason: messageOf(error) };
  }
}
