import {
  type Decoder,
  anyString,
  anything,
  decode,
  fields,
  flag,
  integer,
  isMapping,
  list,
  mapping,
  oneOf,
  optional,
  text,
  withDefault,
} from './decode.ts';
import { convertFormer, formerFields } from './desired-state-v1.ts';
import { InputError } from './errors.ts';
import { parseJsonText } from './json-text.ts';
import { type RunConfig, runConfig } from './run-config.ts';

/** A unit that put complete credentials on its relation. Its cloud has its own entry in clouds.yaml. */
export interface Consumer {
  readonly relationId: number;
  readonly unit: string;
  readonly cloudId: string;
}

/** The image ids that one relation's databag gives to its consumer, as far as the charm knows. */
export interface Publication {
  readonly relationId: number;
  /** All ids that are in the databag or are being written to it. */
  readonly imageIds: readonly string[];
  /** Reports whether the charm has read exactly these ids back from the databag and is not writing others. */
  readonly isConfirmed: boolean;
}

/** The builds that an action requested. */
export interface BuildRequest {
  /** The action's task id. */
  readonly action: string;
  readonly builds: readonly { readonly imageName: string; readonly buildId: string }[];
}

/** The run configs by image name, in the order of the matrix: the primary image comes first. Never empty. */
export type DesiredImages = ReadonlyMap<string, RunConfig>;

/** The desired state, written by the charm and read by the daemon: desired.json. It holds no secret. */
export interface DesiredState {
  readonly format: 2;
  /** Increases with every change of the fields below. */
  readonly generation: number;
  readonly unit: string;
  readonly application: string;
  readonly modelUuid: string;
  /** Only the leader of an application works; the other units observe the clouds and publish the images they find. */
  readonly role: 'works' | 'observes';
  /** The generation that clouds.yaml and secrets.json must have; the daemon does nothing before they have it. */
  readonly credentialsGeneration: number;
  readonly images: DesiredImages;
  /** Identifies the project of the build cloud: a base that was prepared in another project is not used. */
  readonly project: string;
  /** The number of builds and preparations that may run at a time. */
  readonly maxParallel: number;
  readonly consumers: readonly Consumer[];
  /** One for each `image` relation; absent while they are not known. Nothing is pruned then. */
  readonly published: readonly Publication[] | undefined;
  /** The requests that are not answered yet, the oldest first. */
  readonly requests: readonly BuildRequest[];
}

/** Returns the run configs by their image names. */
export function byImageName(configs: readonly RunConfig[]): DesiredImages {
  return new Map(configs.map((config) => [config.image.imageName, config]));
}

/** Returns the key in clouds.yaml of the cloud to build on, which all images share. */
export function buildCloudOf({ images }: Pick<DesiredState, 'images'>): string {
  return primaryOf(images).cloud.buildCloud;
}

/** Returns the keys in clouds.yaml of all clouds that get images, each once, in the order of the consumers. */
export function uploadCloudsOf({ images }: Pick<DesiredState, 'images'>): readonly string[] {
  return [...new Set([...images.values()].flatMap(({ cloud }) => cloud.uploadClouds))];
}

/** Returns the number of revisions of an image to keep. An image that is no longer desired has that of the primary. */
export function numRevisionsOf({ images }: Pick<DesiredState, 'images'>, imageName: string): number {
  return (images.get(imageName) ?? primaryOf(images)).cloud.numRevisions;
}

/** Returns the run config of the first image that is built on `base`; undefined when no image is. */
export function findConfigOfBase(
  { images }: Pick<DesiredState, 'images'>,
  base: string,
): RunConfig | undefined {
  return [...images.values()].find(({ image }) => image.base === base);
}

/** Returns the run config of the primary image: the first one. */
export function primaryOf(images: DesiredImages): RunConfig {
  const [primary] = images.values();
  if (primary === undefined) throw new Error('the desired state has no images; expected at least one');
  return primary;
}

/** The fields that formats 1 and 2 share. */
const SHARED_FIELDS = {
  generation: integer,
  unit: text,
  application: text,
  modelUuid: anyString,
  role: withDefault(oneOf(['works', 'observes']), 'works' as const),
  credentialsGeneration: integer,
  consumers: list(fields({ relationId: integer, unit: text, cloudId: text })),
  requests: list(fields({ action: text, builds: list(fields({ imageName: text, buildId: text })) })),
};

/** Decodes run configs by image name: at least one, each under its own name, all with the same build cloud. */
const desiredImages: Decoder<DesiredImages> = (value, at, problems) => {
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

const format2: Decoder<DesiredState> = fields({
  format: oneOf([2]),
  ...SHARED_FIELDS,
  published: optional(list(fields({ relationId: integer, imageIds: list(text), isConfirmed: flag }))),
  images: desiredImages,
  project: anyString,
  maxParallel: integer,
});

/** Decodes the format of version 0.1.0, so that an upgrade loses no request, generation or publication. */
const format1: Decoder<DesiredState> = (value, at, problems) => {
  const known = problems.length;
  const shared = fields(SHARED_FIELDS)(value, at, problems);
  const former = formerFields(value, at, problems);
  if (shared === undefined || former === undefined || problems.length > known) return undefined;
  const { cloud, project, maxParallel } = former.build;
  const uploadClouds = listUploadClouds(shared.consumers, cloud);
  const configs = list(runConfig)(convertFormer(former, uploadClouds), `${at}.images`, problems) ?? [];
  return {
    format: 2,
    ...shared,
    published: former.published,
    images: byImageName(configs),
    project,
    maxParallel,
  };
};

/** Returns the clouds of all consumers except the build cloud, each once, in the order of the consumers. */
export function listUploadClouds(
  consumers: readonly Pick<Consumer, 'cloudId'>[],
  buildCloud: string,
): readonly string[] {
  return [...new Set(consumers.map(({ cloudId }) => cloudId))].filter((cloudId) => cloudId !== buildCloud);
}

/** Decodes the text of desired.json in the current format or in that of 0.1.0. Throws InputError with all problems. */
export function parseDesiredState(json: string): DesiredState {
  const value = parseJsonText(json, 'desired.json');
  const decoder = isMapping(value) && value['format'] === 1 ? format1 : format2;
  return decode(decoder, value, 'desired.json', (problems) => new InputError(problems));
}

/**
 * Returns the text of desired.json. The fields have the order of the decoder and the images that of the matrix, so two
 * states are equal if and only if their texts are equal.
 */
export function encodeDesiredState(state: DesiredState): string {
  const value = { ...state, images: Object.fromEntries(state.images) };
  const ordered = decode(format2, value, 'desired.json', (problems) => new Error(problems.join('\n')));
  const json = { ...ordered, images: Object.fromEntries(ordered.images) };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}
