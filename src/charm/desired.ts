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

/** The build cloud's key in clouds.yaml; a consumer's key never is the same, as it ends in a hash. */
export const BUILD_CLOUD = 'builder';

/** More are not kept: the newest ask for the same builds. */
const MOST_REQUESTS = 20;

/** The facts beside the options that run configs are derived from. */
export interface ImageFacts {
  readonly application: string;
  /** Empty without a script. */
  readonly scriptDigest: string;
  readonly consumers: readonly Pick<Consumer, 'cloudId'>[];
}

/** Expands the matrix that the options describe. Nothing else in the charm or the daemon expands it. */
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
  { arch, runnerVersion, scriptUrl }: CharmConfig,
  { application, scriptDigest }: ImageFacts,
): StaticImageConfig {
  const reference = scriptUrl === undefined ? '' : 'secrets.json'; // the URL may hold a token
  return { arch, prefix: application, runnerVersion, scriptUrl: reference, scriptDigest };
}

function deriveServiceConfig({ cloudImagesUrl, runnerReleasesUrl }: CharmConfig): ExternalServiceConfig {
  return { dockerhubCache: '', proxy: '', cloudImagesUrl, runnerReleasesUrl };
}

/** Returns what identifies the project of the build cloud. */
export function deriveProject({ openstack }: CharmConfig): string {
  const { authUrl, projectDomainName, projectName, region } = openstack;
  return `${authUrl} ${projectDomainName}/${projectName} ${region}`.trimEnd();
}

/** All of the desired state but its number. */
export type DesiredSettings = Omit<DesiredState, 'format' | 'generation'>;

/**
 * The next desired state: the one before when nothing differs, else one with a higher number than any that the daemon
 * may know, also when the one before was lost.
 */
export function nextDesiredState(
  desire: DesiredSettings,
  before: DesiredState | undefined,
  built: Built | undefined,
): DesiredState {
  const known = Math.max(before?.generation ?? 0, built?.desiredGeneration ?? 0);
  if (before !== undefined) {
    const same: DesiredState = { format: 2, generation: before.generation, ...desire };
    if (encodeDesiredState(same) === encodeDesiredState(before)) return before;
  }
  return { format: 2, generation: known + 1, ...desire };
}

/** The requests that still wait: not answered yet, for images that are still wanted. */
export function openRequests(
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

/** Adds what `action` asks for: every image. One that was asked for and whose build has not ended is the same build. */
export function addRequest(
  requests: readonly BuildRequest[],
  action: string,
  imageNames: readonly string[],
  endedBuilds: readonly string[],
  newBuildId: () => string,
): readonly BuildRequest[] {
  if (requests.some((request) => request.action === action)) return requests;
  const asked = requests
    .flatMap(({ builds }) => builds)
    .filter(({ buildId }) => !endedBuilds.includes(buildId));
  const builds = imageNames.map((imageName) => ({
    imageName,
    buildId: asked.find((build) => build.imageName === imageName)?.buildId ?? newBuildId(),
  }));
  return [...requests, { action, builds }].slice(-MOST_REQUESTS);
}

/** What of the daemon's last orders goes on while the options cannot be used: for consumers that are still there. */
export function freeze(
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
