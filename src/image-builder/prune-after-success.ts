import { messageOf } from '../model/message-of.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { prune } from './prune.ts';
import type { Tools } from './tools.ts';

/**
 * Prunes after a new revision is good: what goes wrong here is told, the image stays good. To keep `undefined` prunes
 * nothing.
 */
export async function pruneAfterSuccess(
  cloud: Cloud,
  imageName: string,
  newIds: readonly string[],
  keep: number | undefined,
  tools: Tools,
): Promise<void> {
  if (keep === undefined) return;
  try {
    const request = {
      imageName,
      keepRevisions: keep,
      protectedIds: newIds,
      owner: tools.ownerFilter,
      isDryRun: false,
    };
    const pruned = await prune(cloud, request);
    tools.record({ pruned: { cloud: cloud.name, images: pruned } });
    const failures = pruned.filter(({ outcome }) => outcome === 'failed');
    for (const { id, reason } of failures) tools.warn(`revision ${id} was not pruned: ${reason}`);
  } catch (error) {
    tools.warn(`older revisions were not pruned: ${messageOf(error)}`);
  }
}
