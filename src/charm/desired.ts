import type { Built } from '../model/built.ts';
import type {
  BuildRequest,
  Consumer,
  DesiredBuild,
  DesiredImages,
  DesiredState,
  Publication,
} from '../model/desired-state.ts';
import { expandMatrix, imageNameOf } from '../model/run-config.ts';
import { canonicalJson } from './canonical-json.ts';
import type { CharmConfig } from './config.ts';

/** The build cloud's key in clouds.yaml; a consumer's key never is the same, as it ends in a hash. */
export const BUILD_CLOUD = 'builder';

/** More are not kept: the newest ask for the same builds. */
const MOST_REQUESTS = 20;

/** What the images are to be, as `config` and the script's digest say. */
export function deriveImages(config: CharmConfig, prefix: string, scriptDigest: string): DesiredImages {
  return {
    arch: config.arch,
    bases: config.bases,
    jujuChannels: [],
    microk8sChannels: [],
    prefix,
    runnerVersion: config.runnerVersion,
    scriptDigest,
    cloudImagesUrl: config.cloudImagesUrl,
    runnerReleasesUrl: config.runnerReleasesUrl,
  };
}

/** How they are built. */
export function deriveBuild(config: CharmConfig): DesiredBuild {
  const { authUrl, projectDomainName, projectName, region } = config.openstack;
  return {
    cloud: BUILD_CLOUD,
    project: `${authUrl} ${projectDomainName}/${projectName} ${region}`.trimEnd(),
    flavor: config.flavor,
    network: config.network,
    maxParallel: config.maxParallelBuilds,
    keepRevisions: config.keepRevisions,
  };
}

/** The names of all images wanted, in the matrix's order: the primary one first. */
export function listImageNames(images: DesiredImages): readonly string[] {
  return expandMatrix(images).map((variant) => imageNameOf(images.prefix, images.arch, variant));
}

/** All of the desired state but its number. */
export type Desire = Omit<DesiredState, 'format' | 'generation'>;

/**
 * The next desired state: the one before when nothing differs, else one with a higher number than any that the daemon
 * may know, also when the one before was lost.
 */
export function nextDesiredState(
  desire: Desire,
  before: DesiredState | undefined,
  built: Built | undefined,
): DesiredState {
  const known = Math.max(before?.generation ?? 0, built?.desiredGeneration ?? 0);
  if (before !== undefined) {
    const same: DesiredState = { format: 1, generation: before.generation, ...desire };
    if (canonicalJson(same) === canonicalJson(before)) return before;
  }
  return { format: 1, generation: known + 1, ...desire };
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
): Desire {
  const { unit, application, modelUuid, role, credentialsGeneration, images, build } = before;
  const cloudIds = consumers.map(({ cloudId }) => cloudId);
  return {
    unit,
    application,
    modelUuid,
    role,
    credentialsGeneration,
    images,
    build,
    consumers: before.consumers.filter(({ cloudId }) => cloudIds.includes(cloudId)),
    published,
    requests,
  };
}
