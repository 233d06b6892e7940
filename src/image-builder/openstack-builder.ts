import { type Arch, archNames } from '../model/arch.ts';
import type { Base } from '../model/base.ts';
import { InputError } from '../model/errors.ts';
import type { BaseImage } from '../model/program-result.ts';
import { type CloudsYaml, readCloudsYaml } from '../openstack/clouds-yaml.ts';
import { ensureBaseImage } from './base-images.ts';
import { removeSupersededBaseImages } from './superseded-base-images.ts';
import { deliveredIds } from '../model/delivery.ts';
import { buildOnServer } from './build-on-server.ts';
import type { CloudConfig, ImageConfig } from './config.ts';
import { ensureSharedSecurityGroup } from './shared-security-group.ts';
import { distributeAndPrune } from './distribute-and-prune.ts';
import { createSnapshot } from './store.ts';
import { runSteps } from './steps.ts';
import { sweepLeftovers } from './sweep.ts';
import type { Tools } from './tools.ts';

export { CREATE_SERVER_TIMEOUT } from '../model/timeouts.ts';
export type { CloudConfig, ImageConfig } from './config.ts';

/** Where clouds.yaml is looked for, in order, unless OS_CLIENT_CONFIG_FILE names one; `~` is the home folder. */
export const CLOUD_YAML_PATHS: readonly string[] = [
  './clouds.yaml',
  '~/clouds.yaml',
  '~/.config/openstack/clouds.yaml',
  '/etc/openstack/clouds.yaml',
];

/** The packages that GitHub-hosted runners have, for a later version: the guest of this one installs none. */
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

/** The project's one security group for builders. */
export const SHARED_SECURITY_GROUP_NAME = 'github-runner-image-builder-v1';

/** The least that a builder's flavor must have: vCPUs. */
export const MIN_CPU = 2;
/** The least that a builder's flavor must have: MiB of memory. */
export const MIN_RAM = 1024;
/** The least that a builder's flavor must have: GiB of disk. */
export const MIN_DISK = 20;

/** Where clouds.yaml is looked for. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** Reads the clouds.yaml that `surroundings` lead to. Throws CloudsYAMLError. */
export function findCloudsYaml({ env, cwd }: Surroundings): Promise<CloudsYaml> {
  return readCloudsYaml({ configFile: env['OS_CLIENT_CONFIG_FILE'], paths: CLOUD_YAML_PATHS, cwd });
}

/** The cloud to use: the given one, or else the first of clouds.yaml. Throws CloudsYAMLError when there is none. */
export async function determineCloud(
  cloudName: string | undefined,
  surroundings: Surroundings,
): Promise<string> {
  if (cloudName !== undefined && cloudName !== '') return cloudName;
  const [first = ''] = (await findCloudsYaml(surroundings)).clouds.keys();
  return first;
}

/** Makes what all builds of a cloud share, ahead of them: the security group, and the base images asked for. */
export async function initialize(
  arch: Arch,
  cloudName: string,
  prefix: string,
  bases: readonly Base[],
  tools: Tools,
): Promise<readonly BaseImage[]> {
  const connection = await tools.connect(cloudName);
  const cloud = connection.under(tools.signal);
  return runSteps(tools, async (step) => {
    await step('sweep leftovers', async () => tools.record({ swept: await sweepLeftovers(cloud, tools) }));
    await step('ensure security group', () =>
      ensureSharedSecurityGroup(cloud, SHARED_SECURITY_GROUP_NAME, tools.sshPort),
    );
    const images: BaseImage[] = [];
    for (const base of bases) {
      const prepare = (): Promise<BaseImage> => ensureBaseImage(cloud, { base, arch, prefix }, tools);
      const image = await step(`prepare base image ${base}`, prepare);
      await step(`remove older base images ${base}`, () =>
        removeSupersededBaseImages(cloud, image, prefix, tools),
      );
      images.push(image);
    }
    return images;
  });
}

/**
 * Builds an image on a server of the build cloud, and puts it into the upload clouds. Gives its id there, in their
 * order, joined by commas; without upload clouds its id in the build cloud. `keepRevisions` of `undefined` prunes
 * nothing. Throws StepFailedError, and nothing is left
 * then; or DistributionError, when the image is good and some cloud did not get it.
 */
export async function run(
  cloudConfig: CloudConfig,
  imageConfig: ImageConfig,
  keepRevisions: number | undefined,
  tools: Tools,
): Promise<string> {
  refuseWhatComesLater(cloudConfig, imageConfig);
  const { cloudName } = cloudConfig;
  await checkClouds(cloudConfig.uploadCloudNames, tools);
  const connection = await tools.connect(cloudName);
  const request = {
    cloud: cloudConfig,
    image: imageConfig,
    securityGroup: SHARED_SECURITY_GROUP_NAME,
    minimum: { vcpus: MIN_CPU, ram: MIN_RAM, disk: MIN_DISK },
  };
  const { id } = await buildOnServer(connection, request, tools, (serverId, inputs) =>
    createSnapshot(cloudName, imageConfig.name, { id: serverId }, keepRevisions, tools, {
      ...inputs,
      architecture: archNames(imageConfig.arch).openstack,
    }),
  );
  tools.record({ imageId: id });
  const { uploadCloudNames: destinations, withinCloud: within = 'copy' } = cloudConfig;
  if (destinations.length === 0) return id;
  const deliveries = await distributeAndPrune(
    { cloudName, imageId: id, destinations, within },
    keepRevisions,
    tools,
  );
  return deliveredIds(deliveries).join(',');
}

/**
 * Reads the entries of all upload clouds before anything is made; whether they let us in is told by the copy. For who
 * orders by hand a cloud that is not there is a slip; for a unit it is a consumer that left meanwhile, and its copy
 * alone fails.
 */
async function checkClouds(names: readonly string[], tools: Tools): Promise<void> {
  const problems: string[] = [];
  for (const name of names) {
    await tools.connect(name).catch((error: unknown) => {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.problems);
    });
  }
  if (problems.length === 0) return;
  if ((tools.ownerFilter?.unit ?? '') === '') throw new InputError(problems);
  for (const problem of problems) tools.warn(problem);
}

function refuseWhatComesLater(cloud: CloudConfig, image: ImageConfig): void {
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
