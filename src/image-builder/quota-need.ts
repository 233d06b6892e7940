import type { Flavor } from '../openstack/flavors.ts';
import type { Quota, getComputeQuotas } from '../openstack/quotas.ts';

/** A quota, undefined when there is none, and the amount of it that a build needs. */
type Need = readonly [quota: Quota | undefined, amount: number];

/** The quotas and the amount of each that a build needs, by the words for it. */
export type QuotaNeed = Readonly<Record<string, Need>>;

/** Returns what the server of a build needs. */
export function needOfServer(
  quotas: Awaited<ReturnType<typeof getComputeQuotas>>,
  flavor: Pick<Flavor, 'vcpus' | 'ram'> | undefined,
): QuotaNeed {
  return {
    instances: [quotas.instances, 1],
    cores: [quotas.cores, flavor?.vcpus ?? 1],
    'MiB of RAM': [quotas.ram, flavor?.ram ?? 1],
  };
}

/** Reports whether the quota has what a build needs. */
export function hasRoom([quota, amount]: Need): boolean {
  return quota === undefined || quota.limit < 0 || quota.limit - quota.used >= amount;
}

/** Describes a quota, such as `8 of 10 used, a build needs 4`. */
export function describeUse([quota, amount]: Need): string {
  if (quota === undefined || quota.limit < 0) return 'unlimited';
  return `${quota.used} of ${quota.limit} used, a build needs ${amount}`;
}

/** Describes the quotas that are short, such as `cores 8 of 10 used, a build needs 4`; empty when none is. */
export function describeShortages(needs: QuotaNeed): string {
  const short = Object.entries(needs).filter(([, need]) => !hasRoom(need));
  return short.map(([what, need]) => `${what} ${describeUse(need)}`).join('; ');
}
