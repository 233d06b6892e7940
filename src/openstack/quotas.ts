import { type Decoder, fields, integer, mapping, anything } from '../model/decode.ts';
import type { Cloud } from './cloud.ts';

/** A quota of the project. */
export interface Quota {
  /** -1: unlimited. */
  readonly limit: number;
  readonly used: number;
}

/*
 * The responses have the form that the API reference of OpenStack documents. They were not recorded from a real one.
 */

const absolute = fields({
  maxTotalInstances: integer,
  totalInstancesUsed: integer,
  maxTotalCores: integer,
  totalCoresUsed: integer,
  maxTotalRAMSize: integer,
  totalRAMUsed: integer,
});

const limitsFields = fields({ limits: fields({ absolute }) });

/** Returns the quotas of servers, vCPUs and memory, in MiB. */
export async function getComputeQuotas(
  cloud: Cloud,
): Promise<{ readonly instances: Quota; readonly cores: Quota; readonly ram: Quota }> {
  const request = { operation: 'get limits', method: 'GET', path: '/limits' } as const;
  const { limits } = await cloud.compute.read(request, limitsFields);
  const { absolute: read } = limits;
  return {
    instances: { limit: read.maxTotalInstances, used: read.totalInstancesUsed },
    cores: { limit: read.maxTotalCores, used: read.totalCoresUsed },
    ram: { limit: read.maxTotalRAMSize, used: read.totalRAMUsed },
  };
}

const networkQuota: Decoder<Quota> = fields({ limit: integer, used: integer });

const detailsFields = fields({
  quota: fields({ port: networkQuota, floatingip: networkQuota, security_group: networkQuota }),
});

/** Returns the quotas of ports, floating IPs and security groups. */
export async function getNetworkQuotas(cloud: Cloud) {
  const path = `/quotas/${await cloud.projectId()}/details`;
  const { quota } = await cloud.network.read(
    { operation: 'get network quotas', method: 'GET', path },
    detailsFields,
  );
  return { ports: quota.port, floatingIps: quota.floatingip, securityGroups: quota.security_group };
}

const usage: Decoder<{ readonly limit: number; readonly usage: number }> = fields({
  limit: integer,
  usage: integer,
});
const usageFields = fields({ usage: mapping(anything) });

/** Returns the quota of images; undefined when the cloud limits none. */
export async function findImageQuota(cloud: Cloud): Promise<Quota | undefined> {
  const request = { operation: 'get image usage', method: 'GET', path: '/info/usage' } as const;
  const { usage: all } = await cloud.image.read(request, usageFields);
  const read = usage(all['image_count_total'], 'usage.image_count_total', []);
  return read && { limit: read.limit, used: read.usage };
}
