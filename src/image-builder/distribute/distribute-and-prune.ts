import { type ImageCopy, copiedIds } from '../../model/delivery.ts';
import { DistributionError } from '../../model/errors.ts';
import { type DistributeContext, type DistributionRequest, distribute } from './distribute.ts';
import { pruneAfterSuccess } from '../cleanup/prune-after-success.ts';
import type { RunSettings } from '../context.ts';

/**
 * Distributes an image, and prunes its older revisions in each cloud that got it; `keepRevisions` of `undefined` prunes
 * nothing. What became of each cloud is recorded. Throws DistributionError when a cloud did not get it.
 */
export async function distributeAndPrune(
  request: DistributionRequest,
  keepRevisions: number | undefined,
  context: DistributeContext & Pick<RunSettings, 'ownerFilter'>,
): Promise<readonly ImageCopy[]> {
  const { imageName, deliveries } = await distribute(request, context);
  for (const delivery of deliveries) {
    const { cloud, outcome } = delivery;
    if (keepRevisions === undefined || outcome === 'failed' || outcome === 'itself' || outcome === 'shared')
      continue;
    const where = (await context.connect(cloud)).withSignal(context.signal);
    await pruneAfterSuccess(where, { imageName, newIds: copiedIds(deliveries), keepRevisions }, context);
  }
  const failures = deliveries.flatMap((delivery) =>
    delivery.outcome === 'failed' ? [`cloud ${delivery.cloud}: ${delivery.reason}`] : [],
  );
  if (failures.length === 0) return deliveries;
  const { imageId } = request;
  throw new DistributionError(
    `image ${imageId} is good, but not all clouds have it:\n${failures.join('\n')}`,
  );
}
