import { ForbiddenError } from '../../model/cloud/cloud-errors.ts';
import { ProductError, QuotaError } from '../../model/errors.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import type { Flavor } from '../../openstack/flavors.ts';
import { getComputeQuotas } from '../../openstack/quotas.ts';
import { type ServerSpec, createServer } from '../../openstack/servers.ts';
import { describeShortages, needOfServer } from '../quota-need.ts';

/**
 * Requests the server of a build and returns its id. Throws QuotaError when Nova refuses it because of a quota, with the
 * numbers that Nova reports then, or with its own words when they show no shortage.
 */
export async function requestServer(cloud: Cloud, spec: ServerSpec, flavor: Flavor): Promise<string> {
  try {
    return await createServer(cloud, spec);
  } catch (error) {
    if (!(error instanceof ForbiddenError) || !/quota/i.test(error.message)) throw error;
    const shortages = await findShortages(cloud, flavor);
    throw new QuotaError(shortages === '' ? error.message : shortages, { cause: error });
  }
}

/** Returns an empty text when Nova does not report its quotas. */
async function findShortages(cloud: Cloud, flavor: Flavor): Promise<string> {
  try {
    return describeShortages(needOfServer(await getComputeQuotas(cloud), flavor));
  } catch (error) {
    if (!(error instanceof ProductError) || error.kind === 'cancelled') throw error;
    return '';
  }
}
