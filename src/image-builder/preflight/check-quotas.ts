import { RejectedError, ForbiddenError, NotFoundError } from '../../model/cloud/cloud-errors.ts';
import { InputError } from '../../model/errors.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import type { Flavor } from '../../openstack/flavors.ts';
import { findImageQuota, getComputeQuotas, getNetworkQuotas } from '../../openstack/quotas.ts';
import { type QuotaNeed, describeUse, hasRoom, needOfServer } from '../quota-need.ts';
import { type CheckList, SkippedCheckError } from './check-list.ts';

const ADVICE = "delete what is not used, or ask the cloud's operator for a larger quota";

/** Checks the quotas of Nova against the flavor of a build. */
export async function checkComputeQuotas(
  list: CheckList,
  cloud: Cloud,
  flavor: Flavor | undefined,
): Promise<void> {
  const quotas = await readQuotas(list, cloud, 'compute quotas', () => getComputeQuotas(cloud));
  if (quotas === undefined) return;
  await checkNeed(list, cloud, needOfServer(quotas, flavor));
}

/** Checks the quotas of Neutron: a port, and a floating IP and a security group where a build makes them. */
export async function checkNetworkQuotas(
  list: CheckList,
  cloud: Cloud,
  { floatingIps, securityGroups }: { readonly floatingIps: number; readonly securityGroups: number },
): Promise<void> {
  const quotas = await readQuotas(list, cloud, 'network quotas', () => getNetworkQuotas(cloud));
  if (quotas === undefined) return;
  await checkNeed(list, cloud, {
    ports: [quotas.ports, 1],
    ...(floatingIps > 0 && { 'floating IPs': [quotas.floatingIps, floatingIps] as const }),
    ...(securityGroups > 0 && { 'security groups': [quotas.securityGroups, securityGroups] as const }),
  });
}

/** Checks the quota of images in Glance, if the cloud limits them. */
export async function checkImageQuota(list: CheckList, cloud: Cloud, amount: number): Promise<void> {
  const found = await readQuotas(list, cloud, 'image quota', async () => ({
    quota: await findImageQuota(cloud),
  }));
  if (found !== undefined) await checkNeed(list, cloud, { images: [found.quota, amount] });
}

/** Reads quotas. A cloud that does not report them is skipped, since a build does not need to read them. */
async function readQuotas<T>(
  list: CheckList,
  cloud: Cloud,
  name: string,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    await list.check({ cloud: cloud.name, name, advice: '' }, () => {
      const isUnreported =
        error instanceof NotFoundError || error instanceof ForbiddenError || error instanceof RejectedError;
      throw isUnreported ? new SkippedCheckError(`the cloud does not report it: ${error.message}`) : error;
    });
    return undefined;
  }
}

async function checkNeed(list: CheckList, cloud: Cloud, needs: QuotaNeed): Promise<void> {
  for (const [what, need] of Object.entries(needs)) {
    await list.check({ cloud: cloud.name, name: `quota of ${what}`, advice: ADVICE }, () => {
      const reason = describeUse(need);
      if (!hasRoom(need)) throw new InputError([reason]);
      return Promise.resolve({ reason, value: true });
    });
  }
}
