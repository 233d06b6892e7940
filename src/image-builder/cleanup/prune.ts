import { messageOf } from '../../model/message-of.ts';
import { OWNER_KEYS, type Owner, isOwnedBy } from '../../model/owner.ts';
import type { PrunedImage } from '../../model/program-result-common.ts';
import { planPrune } from '../../model/prune.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { listImageMembers } from '../../openstack/image-members.ts';
import { type Image, deleteImage, listImages } from '../../openstack/images.ts';
import { throwIfAborted } from '../../system/wait.ts';
import { applyMarks, planMarks } from './publish-marks.ts';

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

/** What to prune, and what is published: its marks are made right before anything is deleted. */
export interface PublishedPruneRequest extends PruneRequest {
  readonly owner: Owner;
  readonly publishedIds: readonly string[];
}

/** What became of marks and revisions; on trial what would become of them. */
export interface PublishedPrune {
  readonly marked: readonly string[];
  readonly unmarked: readonly string[];
  readonly images: readonly PrunedImage[];
}

/**
 * Deletes the revisions of one image beyond the newest `keepRevisions`. One that Glance does not let go (in use,
 * protected) is told and left; a list that did not come deletes nothing.
 */
export async function prune(cloud: Cloud, request: PruneRequest): Promise<readonly PrunedImage[]> {
  return pruneRevisions(cloud, await listRevisions(cloud, request), request);
}

/**
 * The same, after the marks of what is published were made right. One that cannot be set stops it: nothing is deleted.
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

/** Only a private image goes, or one whose shares were all rejected: of others only their users know the use. */
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
