import type { CloudImage } from '../model/unit/built.ts';
import type { ObservedImage } from '../model/observation.ts';
import { type ConfigMatrix, type StaticConfigs, expandRunConfigs } from '../model/run-config.ts';
import { mapWithin } from '../system/map-within.ts';
import { FetchConfig } from './config.ts';
import { GetLatestImageError } from './errors.ts';
import { observeLogin } from './observe.ts';
import type { BuilderTools } from './tools.ts';

const PROCESSES_AT_A_TIME = 4;

/** Returns a config for each image of the matrix in each destination cloud. */
export function deriveFetchConfigs(matrix: ConfigMatrix, config: StaticConfigs): readonly FetchConfig[] {
  const clouds = destinationsOf(config);
  return expandRunConfigs(matrix, config).flatMap(({ image }) => {
    const { arch, base, juju, microk8s, prefix } = image;
    return clouds.map((cloudId) => new FetchConfig({ arch, base, juju, microk8s, prefix, cloudId }));
  });
}

function destinationsOf({ cloudConfig }: StaticConfigs): readonly string[] {
  const { uploadClouds, buildCloud } = cloudConfig;
  return uploadClouds.length === 0 ? [buildCloud] : [...new Set(uploadClouds)];
}

/**
 * Returns the newest active image of each config, in the order of the matrix. Configs without an image are left out.
 * This is the API document's form of `observeLogin`, whose result the scheduler plans with. Throws GetLatestImageError when
 * a cloud does not answer.
 */
export async function getLatestImages(
  configMatrix: ConfigMatrix,
  staticConfig: StaticConfigs,
  tools: BuilderTools,
): Promise<readonly CloudImage[]> {
  const imagesOf = await listImages(destinationsOf(staticConfig), tools);
  return deriveFetchConfigs(configMatrix, staticConfig).flatMap((wanted) => {
    const image = findNewest(imagesOf.get(wanted.cloudId) ?? [], wanted.imageName);
    const { arch, base, cloudId, juju, microk8s } = wanted;
    return image === undefined ? [] : [{ arch, base, cloudId, imageId: image.id, juju, microk8s }];
  });
}

async function listImages(
  cloudIds: readonly string[],
  tools: BuilderTools,
): Promise<ReadonlyMap<string, readonly ObservedImage[]>> {
  const imagesOf = new Map<string, readonly ObservedImage[]>();
  const observe = (cloudId: string) => observeLogin([cloudId], tools);
  for (const cloud of (await mapWithin(PROCESSES_AT_A_TIME, cloudIds, observe)).flat()) {
    if (cloud.state === 'failed') {
      const kind = cloud.kind === 'bug' ? 'build' : cloud.kind;
      throw new GetLatestImageError(`cloud ${cloud.cloudId}: ${cloud.message}`, { kind });
    }
    imagesOf.set(cloud.cloudId, cloud.images);
  }
  const missing = cloudIds.find((cloudId) => !imagesOf.has(cloudId));
  if (missing !== undefined) throw new GetLatestImageError(`cloud ${missing}: the program did not report it`);
  return imagesOf;
}

function findNewest(images: readonly ObservedImage[], name: string): ObservedImage | undefined {
  const active = images.filter((image) => image.name === name && image.status === 'active');
  return active.reduce<ObservedImage | undefined>(
    (newest, image) => (newest === undefined || image.createdAt > newest.createdAt ? image : newest),
    undefined,
  );
}
