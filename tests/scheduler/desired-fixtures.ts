import { DEFAULT_SOURCES } from '../../src/model/guest/guest-options.ts';
import type { Base } from '../../src/model/image/base.ts';
import { byImageName, primaryOf } from '../../src/model/unit/desired-images.ts';
import {
  type DesiredState,
  encodeDesiredState,
  listUploadClouds,
  parseDesiredState,
} from '../../src/model/unit/desired-state.ts';
import { NO_STEERING } from '../../src/model/unit/steering.ts';
import { type StaticImageConfig, expandRunConfigs } from '../../src/model/run-config.ts';

const BUILD_CLOUD = 'builder';

/** The options of images that tests change. */
interface ImageSettings extends Pick<
  StaticImageConfig,
  'arch' | 'runnerVersion' | 'scriptDigest' | 'baseReleases'
> {
  readonly bases: readonly Base[];
  readonly jujuChannels: readonly string[];
  readonly microk8sChannels: readonly string[];
  readonly cloudImagesUrl: string;
}

/** The options of builds that tests change. */
interface BuildSettings {
  readonly project: string;
  readonly flavor: string;
  readonly maxParallel: number;
  readonly keepRevisions: number;
}

interface DesiredChanges extends Partial<Omit<DesiredState, 'images' | 'project' | 'maxParallel'>> {
  readonly images?: Partial<ImageSettings>;
  readonly build?: Partial<BuildSettings>;
}

const IMAGES: ImageSettings = {
  ...{ arch: 'x64', bases: ['noble'], jujuChannels: [], microk8sChannels: [] },
  ...{ runnerVersion: '', scriptDigest: '' },
  baseReleases: new Map(),
  cloudImagesUrl: 'https://images',
};

const BUILD: BuildSettings = {
  ...{ project: 'https://keystone default/images', flavor: '', maxParallel: 2, keepRevisions: 2 },
};

/** Returns a desired state with one base, one consumer `red` in its own project and unknown publications. */
export function desiredState({ images, build, ...changes }: DesiredChanges = {}): DesiredState {
  return withSettings(
    {
      ...{ format: 2, generation: 1, unit: 'app/0', application: 'app', modelUuid: 'model' },
      ...{ role: 'works', credentialsGeneration: 1, published: undefined, otherUnits: [] },
      ...{ requests: [], metricsPort: 0, pagePort: 0 },
      ...{ maxObservations: 4, steering: NO_STEERING, jobRequests: [], formerImages: [] },
      consumers: [{ relationId: 1, unit: 'red/0', cloudId: 'red' }],
      ...changes,
    },
    { ...IMAGES, ...images },
    { ...BUILD, ...build },
  );
}

/** Returns the desired state that the charm derives from changed options and relations. */
export function changeDesired(
  before: DesiredState,
  { images, build, ...changes }: DesiredChanges,
): DesiredState {
  return withSettings(
    { ...before, ...changes },
    { ...imageSettingsOf(before), ...images },
    { ...buildSettingsOf(before), ...build },
  );
}

/** The last copy and its original. Simulations copy each state several times. */
let lastCopy: { readonly of: DesiredState; readonly copy: DesiredState } | undefined;

/** Returns a copy that was encoded and decoded like desired.json. */
export function copyDesired(desired: DesiredState): DesiredState {
  if (lastCopy?.of !== desired)
    lastCopy = { of: desired, copy: parseDesiredState(encodeDesiredState(desired)) };
  return lastCopy.copy;
}

function withSettings(
  common: Omit<DesiredState, 'images' | 'project' | 'maxParallel'>,
  images: ImageSettings,
  { project, flavor, maxParallel, keepRevisions }: BuildSettings,
): DesiredState {
  const { arch, runnerVersion, scriptDigest, baseReleases, cloudImagesUrl } = images;
  const configs = expandRunConfigs(images, {
    cloudConfig: {
      ...{
        buildCloud: BUILD_CLOUD,
        buildFlavor: flavor,
        buildNetwork: '',
        floatingNetwork: '',
        sshCidrs: [],
        resourcePrefix: 'app',
      },
      ...{ uploadClouds: listUploadClouds(common.consumers, BUILD_CLOUD), numRevisions: keepRevisions },
    },
    imageConfig: {
      ...{ arch, prefix: 'app', runnerVersion, scriptDigest, baseReleases },
      scriptUrl: scriptDigest === '' ? '' : 'secrets.json',
    },
    serviceConfig: {
      ...{ dockerhubCache: '', proxy: '', cloudImagesUrl, runnerReleasesUrl: 'https://runners' },
      sources: DEFAULT_SOURCES,
    },
  });
  return { ...common, images: byImageName(configs), project, maxParallel };
}

function imageSettingsOf({ images }: DesiredState): ImageSettings {
  const { image, externalService } = primaryOf(images);
  const all = [...images.values()].map((config) => config.image);
  const { arch, runnerVersion, scriptDigest } = image;
  return {
    ...{ arch, runnerVersion, scriptDigest, cloudImagesUrl: externalService.cloudImagesUrl },
    bases: [...new Set(all.map(({ base }) => base))],
    jujuChannels: [...new Set(all.map(({ juju }) => juju))],
    microk8sChannels: [...new Set(all.map(({ microk8s }) => microk8s))],
    baseReleases: new Map(all.map(({ base, baseRelease }) => [base, baseRelease])),
  };
}

function buildSettingsOf({ images, project, maxParallel }: DesiredState): BuildSettings {
  const { buildFlavor, numRevisions } = primaryOf(images).cloud;
  return { project, maxParallel, flavor: buildFlavor, keepRevisions: numRevisions };
}
