import type { Cloud } from '../../openstack/cloud.ts';
import {
  type IngressRule,
  type SecurityGroup,
  createIngressRule,
  createSecurityGroup,
  deleteSecurityGroup,
  ethertypeOf,
  listSecurityGroups,
} from '../../openstack/security-groups.ts';
import type { GuestAccess } from '../context.ts';

/** The pauses while the builds of newer groups delete them. */
const PAUSES_MS = [500, 1000, 2000, 4000];

/** The sources that may reach the SSH port of servers. */
export interface SshIngress {
  readonly sshPort: number;
  /** Networks in CIDR notation. */
  readonly sources: readonly string[];
}

/**
 * Returns the security group that all servers of an application share. Creates it when it is missing and adds missing
 * rules. Two builds may create it at the same time: both use one group, and the other is deleted.
 */
export async function ensureSharedSecurityGroup(
  cloud: Cloud,
  name: string,
  { sshPort, sources }: SshIngress,
): Promise<SecurityGroup> {
  const existing = (await listSecurityGroups(cloud, name))[0] ?? (await createOrUseOther(cloud, name));
  const ssh = [...new Set(sources)].map((source) => ({ protocol: 'tcp', port: sshPort, source }));
  await addRules(cloud, existing, [{ protocol: 'icmp' }, ...ssh]);
  return existing;
}

/** Lets this machine reach servers at `addresses`, from the address that it uses towards them. */
export async function admitThisMachine(
  cloud: Cloud,
  group: SecurityGroup,
  addresses: readonly string[],
  { sshPort, findSourceAddress }: Pick<GuestAccess, 'sshPort' | 'findSourceAddress'>,
): Promise<void> {
  const found = await Promise.all(addresses.map(findSourceAddress));
  const sources = found.flatMap((address) => (address === undefined ? [] : [toNetwork(address)]));
  const rules = [...new Set(sources)].map((source) => ({ protocol: 'tcp', port: sshPort, source }));
  await addRules(cloud, group, rules);
}

function toNetwork(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

/**
 * Creates the group. When other builds create one at the same time, each build deletes its own if it sees an older one. A
 * build that has not seen the older one keeps its own. Therefore the build of the oldest group waits for the others to
 * disappear, and if one stays, deletes its own and uses that one.
 */
async function createOrUseOther(cloud: Cloud, name: string): Promise<SecurityGroup> {
  const created = await createSecurityGroup(
    cloud,
    name,
    'lets the GitHub runner image builder reach its servers',
  );
  let groups = await listSecurityGroups(cloud, name);
  for (const pauseMs of PAUSES_MS) {
    if (groups.length < 2 || groups[0]?.id !== created.id) break;
    await cloud.clock.sleep(pauseMs, cloud.signal);
    groups = await listSecurityGroups(cloud, name);
  }
  const other = groups.find(({ id }) => id !== created.id);
  if (other === undefined) return created;
  await deleteSecurityGroup(cloud, created.id);
  return other;
}

async function addRules(cloud: Cloud, group: SecurityGroup, rules: readonly IngressRule[]): Promise<void> {
  for (const rule of rules) if (!hasRule(group, rule)) await createIngressRule(cloud, group.id, rule);
}

function hasRule(group: SecurityGroup, wanted: IngressRule): boolean {
  return group.rules.some(
    (rule) =>
      rule.direction === 'ingress' &&
      rule.ethertype === ethertypeOf(wanted) &&
      rule.protocol === wanted.protocol &&
      (rule.remote_ip_prefix ?? undefined) === wanted.source &&
      (rule.port_range_min ?? undefined) === wanted.port &&
      (rule.port_range_max ?? undefined) === wanted.port,
  );
}
