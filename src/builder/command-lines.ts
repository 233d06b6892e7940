import type { Base } from '../model/base.ts';
import { type BuildInputs, encodeBuildInputs } from '../model/build-inputs.ts';
import type { RunConfig, StaticConfigs } from './config.ts';
import type { Orderer, SourceUrls } from './tools.ts';

/** Which descriptor of a build secrets.json is. */
const SECRETS_FD = 3;

/** What a build's command line says. */
export interface BuildOrder {
  readonly config: RunConfig;
  readonly inputs: BuildInputs;
  readonly urls: SourceUrls;
}

export interface PrepareOrder {
  readonly base: Base;
  readonly config: StaticConfigs;
  readonly urls: SourceUrls;
}

export interface CopyOrder {
  /** In the build cloud. */
  readonly imageId: string;
  /** The clouds that get it. */
  readonly uploadTo: readonly string[];
  readonly config: StaticConfigs;
}

export interface PruneOrder {
  readonly imageName: string;
  readonly cloudId: string;
  /** All ids that stand in relation data: they stay, and get the mark; the other images lose it. */
  readonly publishedIds: readonly string[];
  readonly config: StaticConfigs;
}

/** The program's arguments for building an image. Whatever is secret goes through a descriptor. */
export function renderBuild({ config, inputs, urls }: BuildOrder, owner: JobOwner): readonly string[] {
  const { image, cloud } = config;
  return [
    ...['run', image.imageName, '--os-cloud', cloud.buildCloud],
    ...renderOwner(owner, encodeBuildInputs(inputs)),
    ...['--no-prune', '--base-image', image.base, '--arch', image.arch],
    ...option('--prefix', cloud.resourcePrefix),
    ...option('--flavor', cloud.buildFlavor),
    ...option('--network', cloud.buildNetwork),
    ...option('--runner-version', image.runnerVersion),
    ...option('--upload-clouds', cloud.uploadClouds.join(',')),
    ...['--cloud-images-url', urls.cloudImages, '--runner-releases-url', urls.runnerReleases],
    ...['--secrets-fd', `${SECRETS_FD}`],
  ];
}

/** The program's arguments for preparing the build cloud for a base. */
export function renderPrepare({ base, config, urls }: PrepareOrder, owner: JobOwner): readonly string[] {
  const { cloudConfig, imageConfig } = config;
  return [
    ...['init', '--os-cloud', cloudConfig.buildCloud],
    ...renderOwner(owner),
    ...['--base-image', base, '--arch', imageConfig.arch],
    ...option('--prefix', cloudConfig.resourcePrefix),
    ...['--cloud-images-url', urls.cloudImages],
  ];
}

/** The program's arguments for putting an image into further clouds. */
export function renderCopy({ imageId, uploadTo, config }: CopyOrder, owner: JobOwner): readonly string[] {
  return [
    ...['distribute', imageId, '--os-cloud', config.cloudConfig.buildCloud],
    ...renderOwner(owner),
    ...['--upload-clouds', uploadTo.join(',')],
  ];
}

/** The program's arguments for deleting older revisions of an image in one cloud. */
export function renderPrune(order: PruneOrder, owner: JobOwner): readonly string[] {
  const { imageName, cloudId, publishedIds, config } = order;
  return [
    ...['prune', imageName, '--os-cloud', cloudId],
    ...renderOwner(owner),
    ...['--keep-revisions', `${config.cloudConfig.numRevisions}`],
    ...['--published', publishedIds.join(',')],
  ];
}

/** An image to look at in one cloud, whosever it is. */
export interface AlsoImage {
  readonly cloudId: string;
  readonly imageId: string;
}

/** What a look is to see, and how long one call of it may take. */
export interface ListOrder {
  readonly cloudIds: readonly string[];
  readonly also: readonly AlsoImage[];
  readonly apiTimeoutS: number;
}

/** The program's arguments for looking at several clouds. */
export function renderList({ cloudIds, also, apiTimeoutS }: ListOrder, orderer: Orderer): readonly string[] {
  return [
    ...['list', '--clouds', cloudIds.join(',')],
    ...renderOwner({ ...orderer, buildId: '' }),
    ...['--api-timeout', `${apiTimeoutS}`],
    ...(also.length === 0 ? [] : ['--also', ...also.map(({ cloudId, imageId }) => `${cloudId}=${imageId}`)]),
  ];
}

/** Who orders a job, and which one. */
export interface JobOwner extends Orderer {
  readonly buildId: string;
}

function renderOwner({ application, modelUuid, unit, buildId }: JobOwner, runConfig = ''): readonly string[] {
  const owner = {
    application,
    model_uuid: modelUuid,
    unit,
    ...(buildId === '' ? {} : { build_id: buildId }),
    ...(runConfig === '' ? {} : { run_config: runConfig }),
  };
  return ['--owner', JSON.stringify(owner), '--log-format', 'json', '--format', 'json'];
}

function option(name: string, value: string): readonly string[] {
  return value === '' ? [] : [name, value];
}
