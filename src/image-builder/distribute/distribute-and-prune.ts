import { type ImageCopy, copiedIds } from '../../model/image/image-copy.ts';
import { DistributionError } from '../../model/errors.ts';
import { type DistributeContext, type DistributionRequest, distribute } from './distribute.ts';
import { pruneAfterSuccess } from '../cleanup/prune-after-success.ts';
import type { RunSettings } from '../context.ts';

/**
 * Distributes an image and prunes older revisions in each cloud that has a new copy. Prunes nothing when `keepRevisions`
 * is undefined. Records the result of each cloud. Throws DistributionError when a cloud did not get the image.
 */
export async function distributeAndPrune(
  request: DistributionRequest,
  keepRevisions: number | undefined,
  context: DistributeContext & Pick<RunSettings, 'ownerFilter'>,
): Promise<readonly ImageCopy[]> {
  const { imageName, results } = await distribute(request, context);
  for (const { cloud, outcome } of results) {
    if (keepRevisions === undefined || outcome === 'failed' || outcome === 'itself' || outcome === 'shared')
      continue;
    const destination = (await context.connect(cloud)).withSignal(context.signal);
    await pruneAfterSuccess(destination, { imageName, newIds: copiedIds(results), keepRevisions }, context);
  }
  const failures = results.flatMap((result) =>
    result.outcome === 'failed' ? [`cloud ${result.cloud}: ${result.reason}`] : [],
  );
  if (failures.length === 0) return results;
  const { imageId } = request;
  throw new DistributionError(
    `image ${imageId} is good, but not all clouds have it:\n${failures.join('\n')}`,
  );
}
