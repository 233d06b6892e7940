import { messageOf } from '../../model/text/message-of.ts';
import { isLayerName } from '../../model/image/layers.ts';
import { OWNER_KEYS, type Owner, isOwnedBy } from '../../model/owner.ts';
import type { PrunedImage } from '../../model/result/program-result-common.ts';
import { planPrune } from '../../model/image/prune.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { listImageMembers } from '../../openstack/image-members.ts';
import { type Image, deleteImage, listImages } from '../../openstack/images.ts';
import { throwIfAborted } from '../../system/wait.ts';
import { applyMarks, planMarks } from './publish-marks.ts';

/** The parameters of a prune. */
export interface PruneRequest {
  readonly imageName: string;
  /** At least 1, for a layer 0. */
  readonly keepRevisions: number;
  readonly protectedIds: readonly string[];
  /** The only images that may be deleted; all that are older than the newest when undefined. */
  readonly deletableIds?: readonly string[] | undefined;
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
      isRevision(properties[OWNER_KEYS.kind], imageName) &&
      (owner === undefined || isOwnedBy(properties, owner)),
  );
}

/** Reports whether an image of this kind is a revision of `imageName`. Images without a kind were uploaded by hand. */
function isRevision(kind: string | undefined, imageName: string): boolean {
  return isLayerName(imageName) ? kind === 'layer' : kind !== 'base' && kind !== 'layer';
}

async function pruneRevisions(
  cloud: Cloud,
  revisions: readonly Image[],
  request: PruneRequest,
): Promise<readonly PrunedImage[]> {
  const { keepRevisions, protectedIds, deletableIds } = request;
  const deletable = deletableIds === undefined ? undefined : new Set(deletableIds);
  const plan = planPrune(revisions, keepRevisions, new Set(protectedIds), deletable);
  const results: PrunedImage[] = [];
  for (const { image, shouldDelete, reason } of plan) {
    throwIfAborted(cloud.signal);
    const { id, createdAt } = image;
    const result = shouldDelete
      ? await removeImage(cloud, image, reason, request.isDryRun)
      : keptBecause(reason);
    results.push({ id, createdAt, ...result });
  }
  return results;
}

/** The outcome for one thing, with its reason. */
export type PruneResult = Pick<PrunedImage, 'outcome' | 'reason'>;

/** Returns the result for a thing that is kept. */
export function keptBecause(reason: string): PruneResult {
  return { outcome: 'kept', reason };
}

/** Deletes an image unless others may use it: public, community, or shared with a project that did not reject it. */
export async function removeImage(
  cloud: Cloud,
  image: Image,
  reason: string,
  isDryRun: boolean,
): Promise<PruneResult> {
  const { id, visibility } = image;
  if (visibility === 'public' || visibility === 'community') return keptBecause(visibility);
  try {
    const members = visibility === 'shared' ? await listImageMembers(cloud, id) : [];
    const sharing = members.filter(({ status }) => status !== 'rejected');
    if (sharing.length > 0) return keptBecause(`shared with ${sharing.length} project(s)`);
    if (isDryRun) return { outcome: 'would be deleted', reason };
    await deleteImage(cloud, id);
    return { outcome: 'deleted', reason };
  } catch (error) {
    return { outcome: 'failed', reason: messageOf(error) };
  }
}
