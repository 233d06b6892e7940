import { InputError } from '../../model/errors.ts';
import type { PreflightCheck } from '../../model/result/program-result-preflight.ts';
import type { RunConfig } from '../../model/run-config.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { listFlavors } from '../../openstack/flavors.ts';
import { listNetworks } from '../../openstack/networks.ts';
import { listImages } from '../../openstack/images.ts';
import { listSecurityGroups } from '../../openstack/security-groups.ts';
import { requireBlockStorage } from '../build/boot-volume.ts';
import { chooseFloatingNetwork } from '../build/builder-address.ts';
import { type FlavorMinimum, chooseBuildFlavor } from '../build/choose-flavor.ts';
import { chooseNetwork } from '../build/choose-network.ts';
import { ensureSharedSecurityGroup } from '../build/shared-security-group.ts';
import type { Clouds, Deadlines, GuestAccess } from '../context.ts';
import { CheckList } from './check-list.ts';
import { checkComputeQuotas, checkImageQuota, checkNetworkQuotas } from './check-quotas.ts';
import { type SourceContext, checkSources } from './check-sources.ts';

/** The parameters of a preflight. */
export interface PreflightRequest {
  /** The images to build: at least one, all with the same clouds. */
  readonly entries: readonly [RunConfig, ...RunConfig[]];
  /** The clouds that receive the images. */
  readonly cloudIds: readonly string[];
  /** Empty without a script. */
  readonly scriptUrl: string;
  /** The name of the security group that builders share. */
  readonly securityGroup: string;
  readonly minimum: FlavorMinimum;
}

/** Everything that a preflight uses. */
export type PreflightContext = Clouds & SourceContext & Pick<GuestAccess, 'sshPort'>;

/** The checks of a preflight, and the errors of those that failed. */
export interface Preflight {
  readonly checks: readonly PreflightCheck[];
  readonly failures: readonly unknown[];
}

/**
 * Checks whether the clouds and the downloads have what a build needs. All checks are made, except those that depend on one
 * that failed. Creates nothing but the security group that builders share, as every build does.
 */
export async function preflight(request: PreflightRequest, context: PreflightContext): Promise<Preflight> {
  const list = new CheckList();
  const [{ cloud: settings, externalService }] = request.entries;
  const build = await logIn(list, settings.buildCloud, context);
  if (build !== undefined) await checkBuildCloud(list, build, request, context);
  for (const cloudId of request.cloudIds) {
    const cloud = await logIn(list, cloudId, context);
    if (cloud === undefined) continue;
    await checkImages(list, cloud);
    await checkImageQuota(list, cloud, request.entries.length);
  }
  const [{ image }] = request.entries;
  const mirrors = { ...externalService.sources, dockerMirror: image.content.dockerMirror };
  const images = request.entries.map((entry) => entry.image);
  await checkSources(list, { images, scriptUrl: request.scriptUrl, mirrors }, context);
  return list;
}

/** Logs in to a cloud and checks the roles. Returns undefined when there is no token. */
async function logIn(
  list: CheckList,
  name: string,
  context: Clouds & Pick<Deadlines, 'signal'>,
): Promise<Cloud | undefined> {
  const advice = 'check the credentials, and that the cloud can be reached from this host';
  const found = await list.check({ cloud: name, name: 'login', advice }, async () => {
    const cloud = (await context.connect(name)).withSignal(context.signal);
    const token = await cloud.identity.getToken();
    return { reason: `project ${token.projectId}`, value: { cloud, roles: token.roles } };
  });
  if (found === undefined) return undefined;
  const remedy = "ask the cloud's operator for the role member in the project";
  await list.check({ cloud: name, name: 'roles', advice: remedy }, () => {
    const names = found.roles.join(', ');
    if (found.roles.every((role) => role === 'reader'))
      throw new InputError([`expected a role that may create servers and images, got ${names || 'none'}`]);
    return Promise.resolve({ reason: names, value: true });
  });
  return found.cloud;
}

async function checkBuildCloud(
  list: CheckList,
  cloud: Cloud,
  { entries, securityGroup, minimum }: PreflightRequest,
  context: Pick<GuestAccess, 'sshPort'>,
): Promise<void> {
  const [{ cloud: settings }] = entries;
  const head = (name: string, advice = '') => ({ cloud: cloud.name, name, advice });
  const flavor = await list.check(head('flavor'), async () => {
    const item = chooseBuildFlavor(await listFlavors(cloud), settings.buildFlavor, minimum);
    if (item.disk === 0) await requireBlockStorage(cloud, item);
    return { reason: `${item.name} with ${item.vcpus} vCPUs and ${item.ram} MiB of RAM`, value: item };
  });
  await list.check(head('network'), async () => {
    const networks = await listNetworks(cloud);
    const own = chooseNetwork(networks, settings.buildNetwork);
    const external = chooseFloatingNetwork(networks, settings.floatingNetwork);
    const suffix = external === undefined ? '' : `, reached over ${external.name}`;
    return { reason: `${own.name} with ${own.subnets.length} subnets${suffix}`, value: true };
  });
  const hasGroup = (await listSecurityGroups(cloud, securityGroup).catch(() => [])).length > 0;
  await checkComputeQuotas(list, cloud, flavor);
  const floatingIps = settings.floatingNetwork === '' ? 0 : 1;
  await checkNetworkQuotas(list, cloud, { floatingIps, securityGroups: hasGroup ? 0 : 1 });
  const advice = 'the user must be allowed to create security groups and rules';
  await list.check(head('security group', advice), async () => {
    const sources = settings.sshCidrs;
    const { id } = await ensureSharedSecurityGroup(cloud, securityGroup, { ...context, sources });
    const admitted = ["this host's address, which a build adds", ...sources].join(', ');
    return { reason: `${securityGroup} (${id}) admits to port ${context.sshPort}: ${admitted}`, value: true };
  });
  await checkImages(list, cloud);
  await checkImageQuota(list, cloud, 2 * entries.length); // a base image and a snapshot for each
}

async function checkImages(list: CheckList, cloud: Cloud): Promise<void> {
  const advice = "check the user's roles for the image service";
  await list.check({ cloud: cloud.name, name: 'image service', advice }, async () => ({
    reason: `${(await listImages(cloud)).length} images in the project`,
    value: true,
  }));
}
