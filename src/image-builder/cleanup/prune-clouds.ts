import { messageOf } from '../../model/text/message-of.ts';
import { ProductError } from '../../model/errors.ts';
import type { OrderOf } from '../../model/job/job-order.ts';
import type { PrunedThing } from '../../model/result/program-result-prune.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import type { Clouds, Recorder, RunSettings } from '../context.ts';
import { runSteps } from '../steps.ts';
import { pruneFormer } from './prune-former.ts';
import { prune } from './prune.ts';

type PruneCloudsOrder = Pick<
  OrderOf<'prune-clouds'>,
  'isDryRun' | 'protectedIds' | 'revisions' | 'former' | 'omitted'
>;

/** Everything that a prune of several clouds uses. */
export type PruneCloudsContext = CloudContext &
  Pick<RunSettings, 'clock'> &
  Pick<Recorder, 'report' | 'warn'>;

type CloudContext = Clouds & Pick<RunSettings, 'owner' | 'signal' | 'timeouts'>;

/**
 * Prunes several clouds: the revisions that the order names, and things of the Python charm. A cloud that fails does not
 * stop the others. Returns what was deleted and what was kept, with reasons. Throws when every cloud failed.
 */
export async function pruneClouds(
  order: PruneCloudsOrder,
  context: PruneCloudsContext,
): Promise<readonly PrunedThing[]> {
  for (const reason of order.omitted) context.warn(reason);
  const cloudIds = new Set([...order.revisions, ...order.former].map(({ cloudId }) => cloudId));
  const failures: unknown[] = [];
  const things: PrunedThing[] = [];
  for (const cloudId of cloudIds) {
    try {
      things.push(
        ...(await runSteps(context, (step) =>
          step(`prune ${cloudId}`, () => pruneCloud(cloudId, order, context)),
        )),
      );
    } catch (error) {
      if (error instanceof ProductError && error.kind === 'cancelled') throw error;
      failures.push(error);
      context.warn(`cloud ${cloudId} was not pruned: ${messageOf(error)}`);
    }
  }
  if (failures.length > 0 && failures.length === cloudIds.size) throw failures[0];
  for (const { cloud, kind, name, id, outcome, reason } of things)
    if (outcome === 'failed') context.warn(`${kind} ${name} (${id}) in ${cloud} was not deleted: ${reason}`);
  return things;
}

async function pruneCloud(
  cloudId: string,
  order: PruneCloudsOrder,
  context: CloudContext,
): Promise<readonly PrunedThing[]> {
  const cloud = (await context.connect(cloudId)).withSignal(context.signal);
  const things: PrunedThing[] = [];
  for (const revisions of order.revisions.filter((each) => each.cloudId === cloudId))
    things.push(...(await pruneRevisions(cloud, revisions, order, context)));
  for (const former of order.former.filter((each) => each.cloudId === cloudId))
    things.push(...(await pruneFormer(cloud, { ...former, ...order }, context)));
  return things;
}

async function pruneRevisions(
  cloud: Cloud,
  revisions: PruneCloudsOrder['revisions'][number],
  { isDryRun, protectedIds }: PruneCloudsOrder,
  { owner }: Pick<RunSettings, 'owner'>,
): Promise<readonly PrunedThing[]> {
  const images = await prune(cloud, { ...revisions, protectedIds, owner, isDryRun });
  const { imageName: name } = revisions;
  return images.map((image) => ({ cloud: cloud.name, kind: 'image', name, ...image }));
}
