import { InputError } from '../model/errors.ts';
import type { BaseImage } from '../model/program-result.ts';
import { type CloudsYaml, readCloudsYaml } from '../openstack/clouds-yaml.ts';
import { type BaseImageContext, ensureBaseImage } from './base-images/base-images.ts';
import { removeSupersededBaseImages } from './base-images/superseded-base-images.ts';
import type { UbuntuRelease } from './base-images/ubuntu-images.ts';
import { buildImage } from './build/build-image.ts';
import type { CloudConfig, ImageConfig } from './config.ts';
import type { Clouds, Context, GuestAccess, Recorder, RunSettings } from './context.ts';
import { ensureSharedSecurityGroup } from './build/shared-security-group.ts';
import { runSteps } from './steps.ts';
import { type SweepContext, sweepLeftovers } from './cleanup/sweep.ts';

export { CREATE_SERVER_TIMEOUT } from '../model/timeouts.ts';
export type { CloudConfig, ImageConfig } from './config.ts';

/** The paths of clouds.yaml in search order, used unless OS_CLIENT_CONFIG_FILE is set; `~` is the home folder. */
export const CLOUD_YAML_PATHS: readonly string[] = [
  './clouds.yaml',
  '~/clouds.yaml',
  '~/.config/openstack/clouds.yaml',
  '/etc/openstack/clouds.yaml',
];

/** The packages that GitHub-hosted runners have. This version installs none of them in the guest. */
export const IMAGE_DEFAULT_APT_PACKAGES: readonly string[] = [
  'build-essential',
  'docker.io',
  'gh',
  'jq',
  'npm',
  'python3-dev',
  'python3-pip',
  'python-is-python3',
  'shellcheck',
  'tar',
  'time',
  'unzip',
  'wget',
];

/** The name of the security group that all builders of a project share. */
export const SHARED_SECURITY_GROUP_NAME = 'github-runner-image-builder-v1';

/** The minimum of a builder's flavor, in vCPUs. */
export const MIN_CPU = 2;
/** The minimum of a builder's flavor, in MiB of memory. */
export const MIN_RAM = 1024;
/** The minimum of a builder's flavor, in GiB of disk. */
export const MIN_DISK = 20;

/** The part of the process's environment that leads to clouds.yaml. */
export interface CloudsYamlEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** Finds and reads clouds.yaml. Throws CloudsYAMLError. */
export function findCloudsYaml({ env, cwd }: CloudsYamlEnvironment): Promise<CloudsYaml> {
  return readCloudsYaml({ configFile: env['OS_CLIENT_CONFIG_FILE'], paths: CLOUD_YAML_PATHS, cwd });
}

/** Returns the given cloud, or the first cloud of clouds.yaml. Throws CloudsYAMLError when there is none. */
export async function determineCloud(
  cloudName: string | undefined,
  environment: CloudsYamlEnvironment,
): Promise<string> {
  if (cloudName !== undefined && cloudName !== '') return cloudName;
  const [first = ''] = (await findCloudsYaml(environment)).clouds.keys();
  return first;
}

/** The shared resources to create in a cloud. */
export interface InitializeRequest {
  readonly cloudName: string;
  readonly prefix: string;
  /** The images to prepare for. */
  readonly images: readonly UbuntuRelease[];
}

type InitializeContext = Clouds & BaseImageContext & SweepContext & Recorder & Pick<GuestAccess, 'sshPort'>;

/** Creates the resources that all builds of a cloud share: the security group and the base images. */
export async function initialize(
  { cloudName, prefix, images }: InitializeRequest,
  context: InitializeContext,
): Promise<readonly BaseImage[]> {
  const cloud = (await context.connect(cloudName)).withSignal(context.signal);
  return runSteps(context, async (step) => {
    await step('sweep leftovers', async () =>
      context.record({ swept: await sweepLeftovers(cloud, context) }),
    );
    await step('ensure security group', () =>
      ensureSharedSecurityGroup(cloud, SHARED_SECURITY_GROUP_NAME, context.sshPort),
    );
    const baseImages: BaseImage[] = [];
    for (const image of images) {
      const prepare = (): Promise<BaseImage> => ensureBaseImage(cloud, { ...image, prefix }, context);
      const baseImage = await step(`prepare base image ${image.base}`, prepare);
      await step(`remove older base images ${image.base}`, () =>
        removeSupersededBaseImages(cloud, baseImage, prefix, context),
      );
      baseImages.push(baseImage);
    }
    return baseImages;
  });
}

/**
 * Builds an image on a server of the build cloud and copies it into the upload clouds. Returns the image's ids there, in
 * their order, joined by commas; without upload clouds, its id in the build cloud. Nothing is pruned when `keepRevisions`
 * is undefined. Throws StepFailedError after deleting everything that it created. Throws DistributionError when the image
 * is good but some cloud did not get it.
 */
export async function run(
  cloudConfig: CloudConfig,
  imageConfig: ImageConfig,
  keepRevisions: number | undefined,
  context: Context,
): Promise<string> {
  rejectUnsupportedOptions(cloudConfig, imageConfig);
  await checkClouds(cloudConfig.uploadCloudNames, context);
  const request = {
    cloud: cloudConfig,
    image: imageConfig,
    keepRevisions,
    securityGroup: SHARED_SECURITY_GROUP_NAME,
    minimum: { vcpus: MIN_CPU, ram: MIN_RAM, disk: MIN_DISK },
  };
  return buildImage(request, context);
}

/**
 * Checks that clouds.yaml has all upload clouds before anything is created. A missing entry is an error when a person
 * gave the order. When a unit gave it, the consumer has left since, and only the copy to its cloud fails. The copy checks
 * the access.
 */
async function checkClouds(
  names: readonly string[],
  { connect, ownerFilter, warn }: Clouds & Pick<RunSettings, 'ownerFilter'> & Pick<Recorder, 'warn'>,
): Promise<void> {
  const problems: string[] = [];
  for (const name of names) {
    await connect(name).catch((error: unknown) => {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.problems);
    });
  }
  if (problems.length === 0) return;
  if ((ownerFilter?.unit ?? '') === '') throw new InputError(problems);
  for (const problem of problems) warn(problem);
}

function rejectUnsupportedOptions(cloud: CloudConfig, image: ImageConfig): void {
  const given = {
    '--juju': image.juju !== '',
    '--microk8s': image.microk8s !== '',
    '--dockerhub-cache': cloud.dockerhubCache !== undefined,
    '--proxy': cloud.proxy !== '',
  };
  const problems = Object.entries(given).flatMap(([option, isGiven]) =>
    isGiven ? [`${option}: not in this version`] : [],
  );
  if (problems.length > 0) throw new InputError(problems);
}
