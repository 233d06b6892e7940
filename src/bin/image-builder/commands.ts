import { distributeAndPrune } from '../../image-builder/distribute-and-prune.ts';
import { initialize, run } from '../../image-builder/openstack-builder.ts';
import { getLatestBuildId } from '../../image-builder/store.ts';
import { sweepCloud } from '../../image-builder/sweep.ts';
import type { Tools } from '../../image-builder/tools.ts';
import { deliveredIds } from '../../model/delivery.ts';
import type { JobOrder, OrderOf } from '../../model/job-order.ts';
import type { RunConfig } from '../../model/run-config.ts';
import { executeList } from './execute-list.ts';
import { executePrune } from './execute-prune.ts';
import type { Outcome } from './outcome.ts';
import type { JobSecrets, Request } from './request.ts';

/** Does what was asked for; `determine` gives the cloud where none was named. */
export async function execute(
  request: Request,
  determine: () => Promise<string>,
  tools: Tools,
): Promise<Outcome> {
  if (request.command === 'order') {
    return executeOrder(await nameCloud(request.order, determine), request.secrets, tools);
  }
  const cloudName = await determine();
  switch (request.command) {
    case 'latest-build-id': {
      const { imageName, which } = request;
      const id = await getLatestBuildId(cloudName, imageName, tools, which);
      return { json: { cloud: cloudName, imageName, imageId: id === '' ? null : id }, text: id };
    }
    case 'sweep': {
      const swept = await sweepCloud(cloudName, tools);
      return { json: { cloud: cloudName }, text: swept.map((what) => `${what}\n`).join('') };
    }
  }
}

/** Runs an order, of the charm or by hand. */
async function executeOrder(order: JobOrder, secrets: JobSecrets, tools: Tools): Promise<Outcome> {
  switch (order.kind) {
    case 'build':
      return build(order, secrets, tools);
    case 'prepare': {
      const [{ image, cloud }] = order.entries;
      const bases = order.entries.map((entry) => entry.image.base);
      const { buildCloud, resourcePrefix } = cloud;
      const baseImages = await initialize(image.arch, buildCloud, resourcePrefix, bases, tools);
      return { json: { cloud: buildCloud, baseImages }, text: '' };
    }
    case 'copy': {
      const { imageId, buildCloud: cloudName, cloudIds: destinations, withinCloud: within } = order;
      const deliveries = await distributeAndPrune(
        { cloudName, imageId, destinations, within },
        order.keepRevisions,
        tools,
      );
      return { json: { cloud: cloudName, imageId }, text: deliveredIds(deliveries).join(',') };
    }
    case 'prune':
      return executePrune(order, order.cloudId, tools);
    case 'list': {
      const also = order.extraImages.map(({ cloudId: cloudName, imageId }) => ({ cloudName, imageId }));
      return executeList(order.cloudIds, also, tools);
    }
  }
}

async function build(order: OrderOf<'build'>, secrets: JobSecrets, tools: Tools): Promise<Outcome> {
  const { imageName, entry, cloudIds: uploadCloudNames, withinCloud, keepRevisions } = order;
  const { arch, base, juju, microk8s, runnerVersion } = entry.image;
  const { buildCloud: cloudName, buildFlavor: flavor, buildNetwork: network } = entry.cloud;
  const ids = await run(
    {
      ...{ cloudName, flavor, network, uploadCloudNames, withinCloud },
      ...{ prefix: entry.cloud.resourcePrefix, dockerhubCache: undefined, proxy: '' },
    },
    { arch, base, juju, microk8s, runnerVersion, scriptUrl: secrets.scriptUrl.reveal(), name: imageName },
    keepRevisions,
    tools,
  );
  return {
    json: { imageName, cloud: cloudName, arch, base, buildId: order.id }, // its id comes with what was recorded
    text: `Image build success:\n${ids}`,
  };
}

/** Returns the order with the determined cloud where a command line named none. */
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
