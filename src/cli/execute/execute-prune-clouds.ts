import { type PruneCloudsContext, pruneClouds } from '../../image-builder/cleanup/prune-clouds.ts';
import type { OrderOf } from '../../model/job/job-order.ts';
import { encodePruneCloudsResult } from '../../model/result/program-result-prune.ts';
import type { Outcome } from './outcome.ts';

/** Prunes several clouds. A thing that cannot be deleted is a warning, not a failure. */
export async function executePruneClouds(
  order: OrderOf<'prune-clouds'>,
  context: PruneCloudsContext,
): Promise<Outcome> {
  const things = await pruneClouds(order, context);
  return { encode: (log) => encodePruneCloudsResult({ things }, log), text: '' };
}
