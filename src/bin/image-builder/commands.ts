import { distributeAndPrune } from '../../image-builder/distribute-and-prune.ts';
import { initialize, run } from '../../image-builder/openstack-builder.ts';
import { type PrunedImage, prune } from '../../image-builder/prune.ts';
import { getLatestBuildId } from '../../image-builder/store.ts';
import type { Tools } from '../../image-builder/tools.ts';
import { deliveredIds } from '../../model/delivery.ts';
import type { Request } from './request.ts';
import type { Json } from './result.ts';

/** What a command gives: for machines, and as the Python program printed it. */
export interface Outcome {
  readonly json: Json;
  readonly text: string;
}

/** Does what was asked for, on the cloud `cloudName`. */
export async function execute(request: Request, cloudName: string, tools: Tools): Promise<Outcome> {
  switch (request.command) {
    case 'init': {
      const { arch, prefix, bases } = request;
      const baseImages = await initialize(arch, cloudName, prefix, bases, tools);
      return { json: { cloud: cloudName, baseImages }, text: '' };
    }
    case 'run': {
      const { cloud, image, keepRevisions } = request;
      const ids = await run({ ...cloud, cloudName }, image, keepRevisions, tools);
      const { name: imageName, arch, base } = image;
      const { buildId } = tools.owner;
      return {
        json: { imageName, cloud: cloudName, arch, base, buildId }, // its id comes with what was recorded
        text: `Image build success:\n${ids}`,
      };
    }
    case 'distribute': {
      const { imageId, destinations, within, keepRevisions } = request;
      const deliveries = await distributeAndPrune(
        { cloudName, imageId, destinations, within },
        keepRevisions,
        tools,
      );
      return { json: { cloud: cloudName, imageId }, text: deliveredIds(deliveries).join(',') };
    }
    case 'latest-build-id': {
      const { imageName, which } = request;
      const id = await getLatestBuildId(cloudName, imageName, tools, which);
      return { json: { cloud: cloudName, imageName, imageId: id === '' ? null : id }, text: id };
    }
    case 'prune':
      return executePrune(request, cloudName, tools);
  }
}

async function executePrune(
  request: Extract<Request, { command: 'prune' }>,
  cloudName: string,
  tools: Tools,
): Promise<Outcome> {
  const connection = await tools.connect(cloudName);
  const images = await prune(connection.under(tools.signal), { ...request, owner: tools.ownerFilter });
  for (const { id, outcome, reason } of images) {
    if (outcome === 'failed') tools.warn(`revision ${id} was not pruned: ${reason}`);
  }
  const { imageName } = request;
  return { json: { cloud: cloudName, imageName, images }, text: images.map(renderLine).join('') };
}

function renderLine({ id, createdAt, outcome, reason }: PrunedImage): string {
  return `${id} ${createdAt} ${outcome}: ${reason}\n`;
}
