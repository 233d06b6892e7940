import type { Built } from '../model/unit/built.ts';
import { type DesiredImages, byImageName } from '../model/unit/desired-images.ts';
import {
  type BuildRequest,
  type Consumer,
  type DesiredState,
  type Publication,
  encodeDesiredState,
  listUploadClouds,
} from '../model/unit/desired-state.ts';
import { InputError } from '../model/errors.ts';
import type { JobRequest } from '../model/job/job-request.ts';
import {
  type CloudConfig,
  type ConfigMatrix,
  type ExternalServiceConfig,
  type StaticConfigs,
  type ImageVariant,
  type StaticImageConfig,
  expandRunConfigs,
} from '../model/run-config.ts';
import type { CharmConfig } from './options/config.ts';
import type { CharmSettings } from './observed.ts';

/** The build cloud's key in clouds.yaml. A consumer's key ends in a hash and so never equals it. */
export const BUILD_CLOUD = 'builder';

/** The number of open requests of each kind. */
const MAX_REQUESTS = 20;

/** The facts, in addition to the options, that run configs are derived from. */
export interface ImageFacts {
  readonly application: string;
  /** Empty without a script. */
  readonly scriptDigest: string;
  readonly consumers: readonly Pick<Consumer, 'cloudId'>[];
  /** The networks from which the unit's traffic leaves, in CIDR notation. */
  readonly egressSubnets: readonly string[];
  /** Reports whether the model has proxies. */
  readonly hasProxy: boolean;
  /** Empty when no proxy stays in the images. */
  readonly keptProxy: string;
}

/** Expands the matrix that the options describe. No other code in the charm or the daemon expands it. */
export function deriveImages(config: CharmConfig, facts: ImageFacts): DesiredImages {
  return byImageName(expandRunConfigs(deriveMatrix(config), deriveStaticConfigs(config, facts)));
}

function deriveMatrix({ bases, jujuChannels, microk8sChannels }: CharmConfig): ConfigMatrix {
  return { bases, jujuChannels, microk8sChannels };
}

function deriveStaticConfigs(config: CharmConfig, facts: ImageFacts): StaticConfigs {
  return {
    cloudConfig: deriveCloudConfig(config, facts),
    imageConfig: deriveImageConfig(config, facts),
    serviceConfig: deriveServiceConfig(config, facts),
  };
}

function deriveCloudConfig(
  { flavor, network, floatingNetwork, sshCidrs, keepRevisions }: CharmConfig,
  { application, consumers, egressSubnets }: ImageFacts,
): CloudConfig {
  return {
    buildCloud: BUILD_CLOUD,
    buildFlavor: flavor,
    buildNetwork: network,
    floatingNetwork,
    sshCidrs: [...new Set([...sshCidrs, ...egressSubnets])],
    resourcePrefix: application,
    uploadClouds: listUploadClouds(consumers, BUILD_CLOUD),
    numRevisions: keepRevisions,
  };
}

function deriveImageConfig(
  { arch, runnerVersion, scriptUrl, baseReleases, imageProperties, content }: CharmConfig,
  { application, scriptDigest, keptProxy }: ImageFacts,
): StaticImageConfig {
  const reference = scriptUrl === undefined ? '' : 'secrets.json'; // the URL may hold a token
  const script = { scriptUrl: reference, scriptDigest } as const;
  const image = { arch, prefix: application, runnerVersion, ...script, baseReleases, imageProperties };
  return { ...image, content: { ...content, keptProxy } };
}

function deriveServiceConfig(
  { dockerhubCache, cloudImagesUrl, runnerReleasesUrl, sources }: CharmConfig,
  { hasProxy }: ImageFacts,
): ExternalServiceConfig {
  const proxy = hasProxy ? 'secrets.json' : ''; // the URL of a proxy may hold a password
  return { dockerhubCache, proxy, cloudImagesUrl, runnerReleasesUrl, sources };
}

/** Returns the identity of the project in the build cloud. */
export function deriveProject({ config, credential }: Pick<CharmSettings, 'config' | 'credential'>): string {
  const { authUrl, projectDomainName, projectName, region } = config.openstack;
  const project =
    credential.method === 'password'
      ? `${projectDomainName}/${projectName}`
      : `application credential ${credential.id}`;
  return `${authUrl} ${project} ${region}`.trimEnd();
}

/** The desired state without its format and generation. */
export type DesiredSettings = Omit<DesiredState, 'format' | 'generation'>;

/**
 * Returns `before` when the settings are the same, and otherwise a state of the next generation. That generation is
 * higher than any that the daemon has seen, even when `before` was lost.
 */
export function nextDesiredState(
  settings: DesiredSettings,
  before: DesiredState | undefined,
  built: Built | undefined,
): DesiredState {
  const known = Math.max(before?.generation ?? 0, built?.desiredGeneration ?? 0);
  if (before !== undefined) {
    const same: DesiredState = { format: 2, generation: before.generation, ...settings };
    if (encodeDesiredState(same) === encodeDesiredState(before)) return before;
  }
  return { format: 2, generation: known + 1, ...settings };
}

/** Returns the requests that are not answered yet, without images that are no longer desired. */
export function listOpenRequests(
  requests: readonly BuildRequest[],
  answered: readonly string[],
  imageNames: readonly string[],
): readonly BuildRequest[] {
  return requests
    .filter(({ action }) => !answered.includes(action))
    .map(({ action, builds }) => ({
      action,
      builds: builds.filter(({ imageName }) => imageNames.includes(imageName)),
    }))
    .filter(({ builds }) => builds.length > 0);
}

/** The request of an action for a build of every image, or of some of the matrix. */
export interface BuildsRequest {
  /** The action's task id. */
  readonly action: string;
  /** The base and the channels of the images to build. A missing one stands for all. */
  readonly variants?: Partial<ImageVariant>;
  readonly newBuildId: () => string;
  /** The ids of builds that have ended, which the daemon may not have reported yet. */
  readonly endedBuilds?: readonly string[];
}

/** The request of an action: for builds, or for one other job. */
export type ActionRequest = BuildsRequest | { readonly job: JobRequest };

/**
 * Returns the requests for other jobs that are not answered yet, with a new one at the end. Throws InputError when too many
 * are open. A cancellation counts apart, since it makes the others fewer.
 */
export function listJobRequests(
  requests: readonly JobRequest[],
  answered: readonly string[],
  added: JobRequest | undefined,
): readonly JobRequest[] {
  const open = requests.filter(({ action }) => !answered.includes(action));
  if (added === undefined || open.some(({ action }) => action === added.action)) return open;
  const isCancel = added.kind === 'cancel';
  const before = open.filter(({ kind }) => (kind === 'cancel') === isCancel);
  if (before.length >= MAX_REQUESTS) throw tooManyRequests();
  return [...open, added];
}

/**
 * Adds a request for the images. An image shares the build of an earlier request unless `closedBuilds` has that build: it
 * has ended or is being cancelled. Drops the oldest requests whose builds later ones share when there are too many. Throws
 * InputError when there are none.
 */
export function addRequest(
  requests: readonly BuildRequest[],
  { action, newBuildId }: Pick<BuildsRequest, 'action' | 'newBuildId'>,
  imageNames: readonly string[],
  closedBuilds: readonly string[],
): readonly BuildRequest[] {
  if (requests.some((request) => request.action === action)) return requests;
  const pending = requests
    .flatMap(({ builds }) => builds)
    .filter(({ buildId }) => !closedBuilds.includes(buildId));
  const builds = imageNames.map((imageName) => ({
    imageName,
    buildId: pending.find((build) => build.imageName === imageName)?.buildId ?? newBuildId(),
  }));
  const all = [...requests, { action, builds }];
  while (all.length > MAX_REQUESTS) {
    const shared = all.findIndex((request, index) => isShared(request, all.slice(index + 1)));
    if (shared === -1) throw tooManyRequests();
    all.splice(shared, 1);
  }
  return all;
}

/** Reports whether other requests have all builds of a request. */
function isShared({ builds }: BuildRequest, others: readonly BuildRequest[]): boolean {
  const buildIds = new Set(others.flatMap((other) => other.builds.map(({ buildId }) => buildId)));
  return builds.every(({ buildId }) => buildIds.has(buildId));
}

function tooManyRequests(): InputError {
  return new InputError([
    `${MAX_REQUESTS} requests of earlier actions are not done yet: wait until show-build reports the end of one, or cancel one with cancel-build`,
  ]);
}

/** Returns the last desired settings, for use while the options are invalid, without consumers that have left. */
export function keepLastSettings(
  before: DesiredState,
  consumers: readonly Consumer[],
  published: readonly Publication[],
  requests: Pick<DesiredSettings, 'requests' | 'jobRequests' | 'formerImages'>,
): DesiredSettings {
  const { unit, application, modelUuid, role, credentialsGeneration, project } = before;
  const { maxParallel, maxObservations, metricsPort, pagePort, steering, otherUnits } = before;
  const cloudIds = consumers.map(({ cloudId }) => cloudId);
  const remaining = before.consumers.filter(({ cloudId }) => cloudIds.includes(cloudId));
  return {
    unit,
    application,
    modelUuid,
    role,
    credentialsGeneration,
    images: uploadOnlyTo(remaining, before.images),
    project,
    maxParallel,
    maxObservations,
    metricsPort,
    pagePort,
    consumers: remaining,
    published,
    otherUnits,
    ...requests,
    steering,
  };
}

function uploadOnlyTo(consumers: readonly Consumer[], images: DesiredImages): DesiredImages {
  const uploadClouds = listUploadClouds(consumers, BUILD_CLOUD);
  return new Map(
    [...images].map(([name, config]) => [name, { ...config, cloud: { ...config.cloud, uploadClouds } }]),
  );
}
