import { type Decoder, anything, mapping } from '../decode.ts';
import { type RunConfig, runConfig } from '../run-config.ts';

/** The run configs by image name, in the order of the matrix: the primary image comes first. Never empty. */
export type DesiredImages = ReadonlyMap<string, RunConfig>;

/** Returns the run configs by their image names. */
export function byImageName(configs: readonly RunConfig[]): DesiredImages {
  return new Map(configs.map((config) => [config.image.imageName, config]));
}

/** Returns the run config of the primary image: the first one. */
export function primaryOf(images: DesiredImages): RunConfig {
  const [primary] = images.values();
  if (primary === undefined) throw new Error('the desired state has no images; expected at least one');
  return primary;
}

/** Decodes run configs by image name: at least one, each under its own name, all with the same build cloud. */
export const desiredImages: Decoder<DesiredImages> = (value, at, problems) => {
  const known = problems.length;
  const configs = Object.entries(mapping(anything)(value, at, problems) ?? {}).flatMap(
    ([name, item]) => decodeNamed(name, item, `${at}.${name}`, problems) ?? [],
  );
  const [primary] = configs;
  if (primary === undefined) {
    if (problems.length === known) problems.push(`${at}: expected at least one image, got none`);
    return undefined;
  }
  const { buildCloud } = primary.cloud;
  for (const { image, cloud } of configs.filter((config) => config.cloud.buildCloud !== buildCloud))
    problems.push(
      `${at}.${image.imageName}.cloud.buildCloud: expected ${buildCloud}, as for the first image, got ${cloud.buildCloud}`,
    );
  return byImageName(configs);
};

function decodeNamed(name: string, value: unknown, at: string, problems: string[]): RunConfig | undefined {
  const known = problems.length;
  const config = runConfig(value, at, problems);
  if (config === undefined || problems.length > known) return undefined;
  const { imageName } = config.image;
  if (imageName !== name) problems.push(`${at}: expected the key ${imageName}, the name of this image`);
  return config;
}
