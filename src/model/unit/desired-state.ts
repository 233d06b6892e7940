import {
  type Decoder,
  anyString,
  decode,
  fields,
  flag,
  integer,
  isMapping,
  list,
  oneOf,
  optional,
  text,
  usableList,
  uuid,
  withDefault,
} from '../decode.ts';
import { convertFormer, formerFields } from './desired-state-v1.ts';
import { type DesiredImages, byImageName, desiredImages, primaryOf } from './desired-images.ts';
import { InputError } from '../errors.ts';
import { type ImageSource, imageSource } from '../image/image-source.ts';
import { type FormerImages, type JobRequest, formerImages, jobRequest } from '../job/job-request.ts';
import { type OtherUnit, otherUnit } from './other-units.ts';
import { parseJsonText } from '../text/json-text.ts';
import { DEFAULT_METRICS_PORT } from './metrics.ts';
import { type RunConfig, runConfig } from '../run-config.ts';
import { NO_STEERING, type Steering, steering } from './steering.ts';

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
  /** The sources of these ids, as far as they are known: the memory of what was newest. */
  readonly sources?: readonly PublishedSource[] | undefined;
}

/** A published image and the image of the build cloud that it was made from. */
export interface PublishedSource {
  readonly imageName: string;
  readonly imageId: string;
  readonly source: ImageSource;
}

/** The builds that an action requested. */
export interface BuildRequest {
  /** The action's task id. */
  readonly action: string;
  readonly builds: readonly { readonly imageName: string; readonly buildId: string }[];
}

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
  /** The number of clouds that may be queried at a time. */
  readonly maxObservations: number;
  /** The port for metrics on the loopback; another is taken when it is in use. 0: no metrics. */
  readonly metricsPort: number;
  /** The port for the status page on the loopback; another is taken when it is in use. 0: only on its socket. */
  readonly pagePort: number;
  readonly consumers: readonly Consumer[];
  /** One for each `image` relation; absent while they are not known. Nothing is pruned then. */
  readonly published: readonly Publication[] | undefined;
  /** The other units of the application. Empty for a version that did not report them. */
  readonly otherUnits: readonly OtherUnit[];
  /** The requests that are not answered yet, the oldest first. */
  readonly requests: readonly BuildRequest[];
  readonly steering: Steering;
  /** The requests for other work that are not answered yet, the oldest first. */
  readonly jobRequests: readonly JobRequest[];
  /** The images of the Python charm to delete. */
  readonly formerImages: readonly FormerImages[];
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

/** Returns the application of a consumer, which the name of its unit contains. */
export function applicationOf({ unit }: Pick<Consumer, 'unit'>): string {
  return unit.slice(0, unit.lastIndexOf('/'));
}

/** Returns the images to look for in addition to those of this application: published ones and the Python charm's. */
export function listLookedFor({ published = [], formerImages, consumers }: DesiredState) {
  return inClouds([...published, ...formerImages], consumers);
}

function inClouds(relations: readonly FormerImages[], consumers: readonly Consumer[]) {
  return relations.flatMap(({ relationId, imageIds }) =>
    consumers
      .filter((consumer) => consumer.relationId === relationId)
      .flatMap(({ cloudId }) => imageIds.map((imageId) => ({ cloudId, imageId }))),
  );
}

/** The value in files of versions without the option. */
const DEFAULT_OBSERVATIONS = 4;

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
  jobRequests: withDefault(list(jobRequest), []),
  formerImages: withDefault(list(formerImages), []),
};

const publication: Decoder<Publication> = fields({
  relationId: integer,
  imageIds: usableList(uuid),
  isConfirmed: flag,
  sources: optional(usableList(fields({ imageName: text, imageId: uuid, source: imageSource }))),
});

const format2: Decoder<DesiredState> = fields({
  format: oneOf([2]),
  ...SHARED_FIELDS,
  published: optional(list(publication)),
  otherUnits: withDefault(list(otherUnit), []),
  images: desiredImages,
  project: anyString,
  maxParallel: integer,
  maxObservations: withDefault(integer, DEFAULT_OBSERVATIONS),
  metricsPort: withDefault(integer, DEFAULT_METRICS_PORT),
  pagePort: withDefault(integer, 0),
  steering: withDefault(steering, NO_STEERING),
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
    otherUnits: [],
    images: byImageName(configs),
    project,
    maxParallel,
    maxObservations: DEFAULT_OBSERVATIONS,
    metricsPort: DEFAULT_METRICS_PORT,
    pagePort: 0,
    steering: NO_STEERING,
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
