import type { Context } from '../image-builder/context.ts';
import { distributeAndPrune } from '../image-builder/distribute/distribute-and-prune.ts';
import { initialize, run } from '../image-builder/openstack-builder.ts';
import { getLatestBuildId } from '../image-builder/store.ts';
import { sweepCloud } from '../image-builder/cleanup/sweep.ts';
import { copiedIds } from '../model/image-copy.ts';
import type { JobOrder, OrderOf } from '../model/job-order.ts';
import type { RunConfig } from '../model/run-config.ts';
import {
  encodeBuildResult,
  encodeCopyResult,
  encodeLatestBuildIdResult,
  encodePrepareResult,
  encodeSweepResult,
} from '../model/program-result.ts';
import { executeList } from './execute-list.ts';
import { executePrune } from './execute-prune.ts';
import type { Outcome } from './outcome.ts';
import type { JobSecrets, Request } from './request.ts';

/** Runs a request. `determine` returns the cloud when the command line names none. */
export async function execute(
  request: Request,
  determine: () => Promise<string>,
  context: Context,
): Promise<Outcome> {
  if (request.command === 'order') {
    return executeOrder(await nameCloud(request.order, determine), request.secrets, context);
  }
  const cloudName = await determine();
  switch (request.command) {
    case 'latest-build-id': {
      const { imageName, which } = request;
      const id = await getLatestBuildId(cloudName, imageName, context, which);
      const imageId = id === '' ? null : id;
      return {
        encode: (log) => encodeLatestBuildIdResult({ cloud: cloudName, imageName, imageId }, log),
        text: id,
      };
    }
    case 'sweep': {
      const swept = await sweepCloud(cloudName, context);
      return {
        encode: (log) => encodeSweepResult({ cloud: cloudName }, log),
        text: swept.map((resource) => `${resource}\n`).join(''),
      };
    }
  }
}

/** Runs an order of the charm or of a user. */
async function executeOrder(order: JobOrder, secrets: JobSecrets, context: Context): Promise<Outcome> {
  switch (order.kind) {
    case 'build':
      return build(order, secrets, context);
    case 'prepare': {
      const { buildCloud, resourcePrefix: prefix } = order.entries[0].cloud;
      const images = order.entries.map(({ image }) => image);
      const baseImages = await initialize({ cloudName: buildCloud, prefix, images }, context);
      return { encode: (log) => encodePrepareResult({ cloud: buildCloud, baseImages }, log), text: '' };
    }
    case 'copy': {
      const { imageId, buildCloud: cloudName, cloudIds: destinations, withinCloud: within } = order;
      const deliveries = await distributeAndPrune(
        { cloudName, imageId, destinations, within },
        order.keepRevisions,
        context,
      );
      return {
        encode: (log) => encodeCopyResult({ cloud: cloudName, imageId }, log),
        text: copiedIds(deliveries).join(','),
      };
    }
    case 'prune':
      return executePrune(order, order.cloudId, context);
    case 'list': {
      const extraImages = order.extraImages.map(({ cloudId: cloudName, imageId }) => ({
        cloudName,
        imageId,
      }));
      return executeList(order.cloudIds, extraImages, context);
    }
  }
}

async function build(order: OrderOf<'build'>, secrets: JobSecrets, context: Context): Promise<Outcome> {
  const { imageName, entry, cloudIds: uploadCloudNames, withinCloud, keepRevisions } = order;
  const { ...image } = entry.image;
  const { arch, base } = image;
  const { buildCloud: cloudName, buildFlavor: flavor, buildNetwork: network } = entry.cloud;
  const ids = await run(
    {
      ...{ cloudName, flavor, network, uploadCloudNames, withinCloud },
      ...{ prefix: entry.cloud.resourcePrefix, dockerhubCache: undefined, proxy: '' },
    },
    { ...image, scriptUrl: secrets.scriptUrl.reveal(), name: imageName },
    keepRevisions,
    context,
  );
  return {
    encode: (log) => encodeBuildResult({ imageName, cloud: cloudName, arch, base, buildId: order.id }, log),
    text: `Image build success:\n${ids}`,
  };
}

/** Fills in the cloud when the command line names none. */
async function nameCloud(order: JobOrder, determine: () => Promise<string>): Promise<JobOrder> {
  const nameIn = async ({ cloud, ...entry }: RunConfig): Promise<RunConfig> => ({
    ...entry,
    cloud: { ...cloud, buildCloud: cloud.buildCloud || (await determine()) },
  });
  switch (order.kind) {
    case 'build':
      return { ...order, entry: await nameIn(order.entry) };
    case 'prepare': {
      const [first, ...others] = order.entries;
      return { ...order, entries: [await nameIn(first), ...(await Promise.all(others.map(nameIn)))] };
    }
    case 'copy':
      return { ...order, buildCloud: order.buildCloud || (await determine()) };
    case 'prune':
      return { ...order, cloudId: order.cloudId || (await determine()) };
    case 'list':
      return order.cloudIds.length > 0 ? order : { ...order, cloudIds: [await determine()] };
  }
}
