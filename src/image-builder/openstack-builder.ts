import { InputError } from '../model/errors.ts';
import type { Owner } from '../model/owner.ts';
import type { BaseImage } from '../model/program-result.ts';
import { type CloudsYaml, getCloudAccess, readCloudsYaml } from '../openstack/login/clouds-yaml.ts';
import { type BaseImageContext, ensureBaseImage } from './base-images/base-images.ts';
import { removeSupersededBaseImages } from './base-images/superseded-base-images.ts';
import type { UbuntuRelease } from './base-images/ubuntu-images.ts';
import type { CloudConfig, ImageConfig } from './config.ts';
import type { Clouds, Context, GuestAccess, Recorder, RunSettings } from './context.ts';
import { ensureSharedSecurityGroup } from './build/shared-security-group.ts';
import { runSteps } from './steps.ts';
import { type SweepContext, sweepLeftovers } from './cleanup/sweep.ts';

export { IMAGE_DEFAULT_APT_PACKAGES } from '../model/guest/apt-packages.ts';
export { CREATE_SERVER_TIMEOUT } from '../model/job/timeouts.ts';
export type { CloudConfig, ImageConfig } from './config.ts';

/**
 * The paths of clouds.yaml in search order, used unless OS_CLIENT_CONFIG_FILE is set; `~` is the home folder. The files
 * beside it and with other suffixes are searched in the same folders.
 */
export const CLOUD_YAML_PATHS: readonly string[] = [
  './clouds.yaml',
  '~/clouds.yaml',
  '~/.config/openstack/clouds.yaml',
  '/etc/openstack/clouds.yaml',
];

/** The beginning of the names of security groups. */
export const SHARED_SECURITY_GROUP_NAME = 'github-runner-image-builder-v1';

/** Neutron's limit for a name. */
const MAX_NAME = 255;

/** Returns the name of the security group that all servers of an application share in a project. */
export function securityGroupOf({ application }: Pick<Owner, 'application'>): string {
  return `${SHARED_SECURITY_GROUP_NAME}-${application}`.slice(0, MAX_NAME);
}

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
  return readCloudsYaml({ env, paths: CLOUD_YAML_PATHS, cwd });
}

/**
 * Returns the given cloud, or that of the OS_* variables, or the first cloud of clouds.yaml. Throws CloudsYAMLError when
 * there is none.
 */
export async function determineCloud(
  cloudName: string | undefined,
  environment: CloudsYamlEnvironment,
): Promise<string> {
  if (cloudName !== undefined && cloudName !== '') return cloudName;
  const [first = ''] = (await findCloudsYaml(environment)).clouds.keys();
  return first;
}

/** Returns clouds.yaml with the given cloud alone, or all of it when none is given. Throws CloudsYAMLError. */
export async function selectCloud(
  cloudName: string,
  environment: CloudsYamlEnvironment,
): Promise<CloudsYaml> {
  const yaml = await findCloudsYaml(environment);
  if (cloudName === '') return yaml;
  getCloudAccess(yaml, cloudName);
  return { ...yaml, clouds: new Map([[cloudName, yaml.clouds.get(cloudName)]]) };
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
      ensureSharedSecurityGroup(cloud, securityGroupOf(context.owner), { ...context, sources: [] }),
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
  await checkClouds(cloudConfig.uploadCloudNames, context);
  const request = {
    cloud: cloudConfig,
    image: imageConfig,
    keepRevisions,
    securityGroup: securityGroupOf(context.owner),
    minimum: { vcpus: MIN_CPU, ram: MIN_RAM, disk: MIN_DISK },
  };
  const { buildImage } = await import('./build/build-image.ts'); // the greatest part of the program
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
