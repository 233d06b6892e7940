import { messageOf } from '../../model/text/message-of.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { prune } from './prune.ts';
import type { Recorder, RunSettings } from '../context.ts';

/** The new revisions of an image, and the number to keep. */
export interface NewRevisions {
  readonly imageName: string;
  /** The new revisions, which are never pruned. */
  readonly newIds: readonly string[];
  /** The number of revisions to keep; nothing is pruned when undefined. */
  readonly keepRevisions: number | undefined;
}

/** Prunes older revisions of an image. A failure causes a warning only: the new revision is good. */
export async function pruneAfterSuccess(
  cloud: Cloud,
  { imageName, newIds, keepRevisions }: NewRevisions,
  context: Pick<RunSettings, 'ownerFilter'> & Pick<Recorder, 'record' | 'warn'>,
): Promise<void> {
  if (keepRevisions === undefined) return;
  try {
    const request = {
      imageName,
      keepRevisions,
      protectedIds: newIds,
      owner: context.ownerFilter,
      isDryRun: false,
    };
    const pruned = await prune(cloud, request);
    context.record({ pruned: { cloud: cloud.name, images: pruned } });
    const failures = pruned.filter(({ outcome }) => outcome === 'failed');
    for (const { id, reason } of failures) context.warn(`revision ${id} was not pruned: ${reason}`);
  } catch (error) {
    context.warn(`older revisions were not pruned: ${messageOf(error)}`);
  }
}
