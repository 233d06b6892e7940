import type { Built } from '../model/built.ts';
import {
  type BuildRequest,
  type Consumer,
  type DesiredImages,
  type DesiredState,
  type Publication,
  byImageName,
  encodeDesiredState,
  listUploadClouds,
} from '../model/desired-state.ts';
import {
  type CloudConfig,
  type ConfigMatrix,
  type ExternalServiceConfig,
  type StaticConfigs,
  type StaticImageConfig,
  expandRunConfigs,
} from '../model/run-config.ts';
import type { CharmConfig } from './config.ts';

/** The build cloud's key in clouds.yaml. A consumer's key ends in a hash and so never equals it. */
export const BUILD_CLOUD = 'builder';

/** The number of requests that are kept. Older ones can be dropped because the newest share their builds. */
const MAX_REQUESTS = 20;

/** The facts, in addition to the options, that run configs are derived from. */
export interface ImageFacts {
  readonly application: string;
  /** Empty without a script. */
  readonly scriptDigest: string;
  readonly consumers: readonly Pick<Consumer, 'cloudId'>[];
}

/** Expands the matrix that the options describe. No other code in the charm or the daemon expands it. */
export function deriveImages(config: CharmConfig, facts: ImageFacts): DesiredImages {
  return byImageName(expandRunConfigs(deriveMatrix(config), deriveStaticConfigs(config, facts)));
}

function deriveMatrix({ bases }: CharmConfig): ConfigMatrix {
  return { bases, jujuChannels: [], microk8sChannels: [] };
}

function deriveStaticConfigs(config: CharmConfig, facts: ImageFacts): StaticConfigs {
  return {
    cloudConfig: deriveCloudConfig(config, facts),
    imageConfig: deriveImageConfig(config, facts),
    serviceConfig: deriveServiceConfig(config),
  };
}

function deriveCloudConfig(
  { flavor, network, keepRevisions }: CharmConfig,
  { application, consumers }: ImageFacts,
): CloudConfig {
  return {
    buildCloud: BUILD_CLOUD,
    buildFlavor: flavor,
    buildNetwork: network,
    resourcePrefix: application,
    uploadClouds: listUploadClouds(consumers, BUILD_CLOUD),
    numRevisions: keepRevisions,
  };
}

function deriveImageConfig(
  { arch, runnerVersion, scriptUrl, baseReleases }: CharmConfig,
  { application, scriptDigest }: ImageFacts,
): StaticImageConfig {
  const reference = scriptUrl === undefined ? '' : 'secrets.json'; // the URL may hold a token
  return { arch, prefix: application, runnerVersion, scriptUrl: reference, scriptDigest, baseReleases };
}

function deriveServiceConfig({ cloudImagesUrl, runnerReleasesUrl }: CharmConfig): ExternalServiceConfig {
  return { dockerhubCache: '', proxy: '', cloudImagesUrl, runnerReleasesUrl };
}

/** Returns the identity of the project in the build cloud. */
export function deriveProject({ openstack }: CharmConfig): string {
  const { authUrl, projectDomainName, projectName, region } = openstack;
  return `${authUrl} ${projectDomainName}/${projectName} ${region}`.trimEnd();
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

/** The request of an action for a build of every image. */
export interface ActionRequest {
  /** The action's task id. */
  readonly action: string;
  readonly newBuildId: () => string;
}

/** Adds a request for every image. An image shares the build of an earlier request until that build has ended. */
export function addRequest(
  requests: readonly BuildRequest[],
  { action, newBuildId }: ActionRequest,
  imageNames: readonly string[],
  endedBuilds: readonly string[],
): readonly BuildRequest[] {
  if (requests.some((request) => request.action === action)) return requests;
  const pending = requests
    .flatMap(({ builds }) => builds)
    .filter(({ buildId }) => !endedBuilds.includes(buildId));
  const builds = imageNames.map((imageName) => ({
    imageName,
    buildId: pending.find((build) => build.imageName === imageName)?.buildId ?? newBuildId(),
  }));
  return [...requests, { action, builds }].slice(-MAX_REQUESTS);
}

/** Returns the last desired settings, for use while the options are invalid, without consumers that have left. */
export function keepLastSettings(
  before: DesiredState,
  consumers: readonly Consumer[],
  published: readonly Publication[],
  requests: readonly BuildRequest[],
): DesiredSettings {
  const { unit, application, modelUuid, role, credentialsGeneration, project, maxParallel } = before;
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
    consumers: remaining,
    published,
    requests,
  };
}

function uploadOnlyTo(consumers: readonly Consumer[], images: DesiredImages): DesiredImages {
  const uploadClouds = listUploadClouds(consumers, BUILD_CLOUD);
  return new Map(
    [...images].map(([name, config]) => [name, { ...config, cloud: { ...config.cloud, uploadClouds } }]),
  );
}
