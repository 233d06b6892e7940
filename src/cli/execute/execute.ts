import type { CloudOpener, Context, DownloadProxies } from '../../image-builder/context.ts';
import { distributeAndPrune } from '../../image-builder/distribute/distribute-and-prune.ts';
import { initialize, run } from '../../image-builder/openstack-builder.ts';
import { getLatestBuildId } from '../../image-builder/store.ts';
import { previewSweep, sweepClouds } from '../../image-builder/cleanup/sweep.ts';
import { copiedIds } from '../../model/image/image-copy.ts';
import type { JobOrder, OrderOf } from '../../model/job/job-order.ts';
import type { RunConfig } from '../../model/run-config.ts';
import {
  encodeBuildResult,
  encodeCopyResult,
  encodeLatestBuildIdResult,
  encodePrepareResult,
  encodeSweepResult,
} from '../../model/program-result.ts';
import type { Secret } from '../../model/secret.ts';
import type { CloudsYaml } from '../../openstack/login/clouds-yaml.ts';
import { executeList } from './execute-list.ts';
import { executeProjects } from './execute-projects.ts';
import { executePruneClouds } from './execute-prune-clouds.ts';
import { executePrune } from './execute-prune.ts';
import type { Outcome } from './outcome.ts';
import type { JobSecrets, Request } from '../request.ts';

/** The clouds of a command line. */
interface ChosenClouds {
  /** Returns the name of the cloud, also when the command line names none. */
  readonly determine: () => Promise<string>;
  /** Returns the entries of clouds.yaml from which the command line chooses: one when it names a cloud. */
  readonly select: () => Promise<CloudsYaml>;
}

/** Learns a secret that no output may contain. */
type HideSecret = (secret: Secret) => void;

/** A layer stays in the build cloud, and no other layer is deleted for it. */
const IN_PLACE = { cloudIds: [], withinCloud: 'copy', keepRevisions: undefined } as const;

/** Runs a request. Loads what only some commands need at its use, so that a copy starts faster and takes less memory. */
export async function execute(
  request: Request,
  { determine, select }: ChosenClouds,
  context: Context & CloudOpener & DownloadProxies,
  hideSecret: HideSecret,
): Promise<Outcome> {
  if (request.command === 'order') {
    const { order, secrets } = request;
    if (order.kind === 'trial') {
      const { executeTrial } = await import('./execute-trial.ts');
      const tools = { github: secrets.github, onSecret: hideSecret, cloudConfig: await select(), context };
      return executeTrial(order, tools);
    }
    return executeOrder(await nameCloud(order, determine), secrets, context);
  }
  if (request.command === 'runner') {
    const { executeRunner } = await import('./execute-runner.ts');
    return executeRunner(request, { cloudConfig: await select(), context, hideSecret });
  }
  if (request.command === 'build-local') {
    const { openGithub } = await import('./execute-runner.ts');
    const { executeBuildLocal } = await import('./execute-build-local.ts');
    const githubClient = openGithub(request.github, context, hideSecret);
    return executeBuildLocal(request, { cloudConfig: await select(), githubClient, context });
  }
  if (request.command === 'projects list') return executeProjects(await select(), context);
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
    case 'sweep':
      if (request.isDryRun) return toPreviewOutcome(cloudName, await previewSweep(cloudName, context));
      return toSweepOutcome(cloudName, await sweepClouds({ buildCloud: cloudName, cloudIds: [] }, context));
  }
}

/** An order that runs without a GitHub. */
type CloudOrder = Exclude<JobOrder, OrderOf<'trial'>>;

/** Runs an order of the charm or of a user. */
async function executeOrder(
  order: CloudOrder,
  secrets: JobSecrets,
  context: Context & DownloadProxies,
): Promise<Outcome> {
  switch (order.kind) {
    case 'build':
    case 'layer':
      return build(order, secrets, context);
    case 'prepare': {
      const { buildCloud, resourcePrefix: prefix } = order.entries[0].cloud;
      const images = order.entries.map(({ image }) => image);
      const baseImages = await initialize({ cloudName: buildCloud, prefix, images }, context);
      return { encode: (log) => encodePrepareResult({ cloud: buildCloud, baseImages }, log), text: '' };
    }
    case 'copy': {
      const { imageId, buildCloud: cloudName, cloudIds: destinations, withinCloud: within } = order;
      const copies = await distributeAndPrune(
        { cloudName, imageId, destinations, within },
        order.keepRevisions,
        context,
      );
      return {
        encode: (log) => encodeCopyResult({ cloud: cloudName, imageId }, log),
        text: copiedIds(copies).join(','),
      };
    }
    case 'prune':
      return executePrune(order, order.cloudId, context);
    case 'sweep':
      return toSweepOutcome(order.buildCloud, await sweepClouds(order, context));
    case 'prune-clouds':
      return executePruneClouds(order, context);
    case 'preflight': {
      const { executePreflight } = await import('./execute-preflight.ts');
      return executePreflight(order, secrets, context);
    }
    case 'list': {
      const extraImages = order.extraImages.map(({ cloudId: cloudName, imageId }) => ({
        cloudName,
        imageId,
      }));
      return executeList(order.cloudIds, extraImages, context);
    }
  }
}

function toSweepOutcome(cloud: string, swept: readonly string[]): Outcome {
  return {
    encode: (log) => encodeSweepResult({ cloud }, log),
    text: swept.map((resource) => `${resource}\n`).join(''),
  };
}

function toPreviewOutcome(cloud: string, wouldBeSwept: readonly string[]): Outcome {
  return {
    encode: (log) => encodeSweepResult({ cloud, wouldBeSwept }, log),
    text: wouldBeSwept.map((resource) => `${resource} would be deleted\n`).join(''),
  };
}

async function build(
  order: OrderOf<'build' | 'layer'>,
  secrets: JobSecrets,
  context: Context,
): Promise<Outcome> {
  const { imageName, entry, layerId } = order;
  const {
    cloudIds: uploadCloudNames,
    withinCloud,
    keepRevisions,
  } = order.kind === 'build' ? order : IN_PLACE;
  const { ...image } = entry.image;
  const { dockerhubCache: cache, sources } = entry.externalService;
  const { arch, base } = image;
  const {
    buildCloud: cloudName,
    buildFlavor: flavor,
    buildNetwork: network,
    floatingNetwork,
    sshCidrs,
  } = entry.cloud;
  const ids = await run(
    {
      ...{ cloudName, flavor, network, floatingNetwork, sshCidrs, uploadCloudNames, withinCloud },
      ...{ prefix: entry.cloud.resourcePrefix, proxy: secrets.guestProxy },
      ...{ dockerhubCache: cache === '' ? undefined : new URL(cache), sources },
    },
    {
      ...{ ...image, scriptUrl: secrets.scriptUrl.reveal(), name: imageName },
      ...{ layerId, isLayer: order.kind === 'layer', reason: order.reason },
    },
    keepRevisions,
    context,
  );
  return {
    encode: (log) => encodeBuildResult({ imageName, cloud: cloudName, arch, base, buildId: order.id }, log),
    text: `Image build success:\n${ids}`,
  };
}

/** Fills in the cloud when the command line names none. */
async function nameCloud(order: CloudOrder, determine: () => Promise<string>): Promise<CloudOrder> {
  const nameIn = async ({ cloud, ...entry }: RunConfig): Promise<RunConfig> => ({
    ...entry,
    cloud: { ...cloud, buildCloud: cloud.buildCloud || (await determine()) },
  });
  switch (order.kind) {
    case 'build':
    case 'layer':
      return { ...order, entry: await nameIn(order.entry) };
    case 'preflight':
    case 'prepare': {
      const [first, ...others] = order.entries;
      return { ...order, entries: [await nameIn(first), ...(await Promise.all(others.map(nameIn)))] };
    }
    case 'copy':
    case 'sweep':
      return { ...order, buildCloud: order.buildCloud || (await determine()) };
    case 'prune':
      return { ...order, cloudId: order.cloudId || (await determine()) };
    case 'prune-clouds':
      return order;
    case 'list':
      return order.cloudIds.length > 0 ? order : { ...order, cloudIds: [await determine()] };
  }
}
