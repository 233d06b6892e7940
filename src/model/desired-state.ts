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

/** A unit that put complete credentials on its relation; its cloud is an entry of clouds.yaml of its own. */
export interface Consumer {
  readonly relationId: number;
  readonly unit: string;
  readonly cloudId: string;
}

/** What one relation's databag tells its consumer, as far as the charm knows. */
export interface Publication {
  readonly relationId: number;
  /** All ids that stand in the databag, or are being written to it. */
  readonly imageIds: readonly string[];
  /** Was it read back just so, with nothing being written? */
  readonly isConfirmed: boolean;
}

/** Builds that an action asked for. */
export interface BuildRequest {
  /** The action's task id. */
  readonly action: string;
  readonly builds: readonly { readonly imageName: string; readonly buildId: string }[];
}

/** The run configs by image name, in the order of the matrix: the primary image comes first. Never empty. */
export type DesiredImages = ReadonlyMap<string, RunConfig>;

/** The desired state, written by the charm and read by the daemon: desired.json. No secret is in it. */
export interface DesiredState {
  readonly format: 2;
  /** Grows whenever anything below changes. */
  readonly generation: number;
  readonly unit: string;
  readonly application: string;
  readonly modelUuid: string;
  /** Of an application's units only the leader works; the others look, and publish what they see. */
  readonly role: 'works' | 'observes';
  /** The generation that clouds.yaml and secrets.json must have; until then the daemon rests. */
  readonly credentialsGeneration: number;
  readonly images: DesiredImages;
  /** Identifies the project of the build cloud: a base that was prepared in another project is not used. */
  readonly project: string;
  /** The number of builds and preparations that may run at a time. */
  readonly maxParallel: number;
  readonly consumers: readonly Consumer[];
  /** One for each `image` relation; absent: not known, and then nothing is pruned. */
  readonly published: readonly Publication[] | undefined;
  /** Not yet answered, the oldest first. */
  readonly requests: readonly BuildRequest[];
}

/** Keys run configs by their image names. */
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

/** Returns how many revisions of an image to keep. One that is no longer wanted counts as the primary image does. */
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

/** Returns the first of the run configs. */
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

/** Image names with their run configs: at least one, each under its own name, all with the same build cloud. */
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

/** Reads what 0.1.0 wrote, so that an upgrade loses no request, generation or publication. */
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

/** Returns the clouds of all consumers, each once, in their order, without the build cloud. */
export function listUploadClouds(
  consumers: readonly Pick<Consumer, 'cloudId'>[],
  buildCloud: string,
): readonly string[] {
  return [...new Set(consumers.map(({ cloudId }) => cloudId))].filter((cloudId) => cloudId !== buildCloud);
}

/** Reads desired.json, also what 0.1.0 wrote. Throws InputError with all that is wrong. */
export function parseDesiredState(json: string): DesiredState {
  const value = parseJsonText(json, 'desired.json');
  const decoder = isMapping(value) && value['format'] === 1 ? format1 : format2;
  return decode(decoder, value, 'desired.json', (problems) => new InputError(problems));
}

/**
 * Returns desired.json's text. Fields come in the order of the decoder and images in that of the matrix, so two states
 * are equal if and only if their texts are.
 */
export function encodeDesiredState(state: DesiredState): string {
  const value = { ...state, images: Object.fromEntries(state.images) };
  const ordered = decode(format2, value, 'desired.json', (problems) => new Error(problems.join('\n')));
  const json = { ...ordered, images: Object.fromEntries(ordered.images) };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}
