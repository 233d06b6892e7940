import type { Context } from '../../image-builder/context.ts';
import { distributeAndPrune } from '../../image-builder/distribute-and-prune.ts';
import { initialize, run } from '../../image-builder/openstack-builder.ts';
import { getLatestBuildId } from '../../image-builder/store.ts';
import { sweepCloud } from '../../image-builder/sweep.ts';
import { deliveredIds } from '../../model/delivery.ts';
import {
  encodeBuildResult,
  encodeCopyResult,
  encodeLatestBuildIdResult,
  encodePrepareResult,
  encodeSweepResult,
} from '../../model/program-result.ts';
import { executeList } from './execute-list.ts';
import { executePrune } from './execute-prune.ts';
import type { Outcome } from './outcome.ts';
import type { Request } from './request.ts';

/** Does what was asked for, on the cloud that `determine` gives. */
export async function execute(
  request: Request,
  determine: () => Promise<string>,
  context: Context,
): Promise<Outcome> {
  if (request.command === 'list') {
    const { cloudNames, also } = request;
    return executeList(cloudNames.length > 0 ? cloudNames : [await determine()], also, context);
  }
  const cloudName = await determine();
  switch (request.command) {
    case 'init': {
      const { arch, prefix, bases } = request;
      const baseImages = await initialize({ arch, cloudName, prefix, bases }, context);
      return { encode: (log) => encodePrepareResult({ cloud: cloudName, baseImages }, log), text: '' };
    }
    case 'run': {
      const { cloud, image, keepRevisions } = request;
      const ids = await run({ ...cloud, cloudName }, image, keepRevisions, context);
      const { name: imageName, arch, base } = image;
      const { buildId } = context.owner;
      return {
        encode: (log) => encodeBuildResult({ imageName, cloud: cloudName, arch, base, buildId }, log),
        text: `Image build success:\n${ids}`,
      };
    }
    case 'distribute': {
      const { imageId, destinations, within, keepRevisions } = request;
      const deliveries = await distributeAndPrune(
        { cloudName, imageId, destinations, within },
        keepRevisions,
        context,
      );
      return {
        encode: (log) => encodeCopyResult({ cloud: cloudName, imageId }, log),
        text: deliveredIds(deliveries).join(','),
      };
    }
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
        text: swept.map((what) => `${what}\n`).join(''),
      };
    }
    case 'prune':
      return executePrune(request, cloudName, context);
  }
}
