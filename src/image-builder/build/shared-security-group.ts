import type { Cloud } from '../../openstack/cloud.ts';
import {
  type SecurityGroup,
  createIngressRule,
  createSecurityGroup,
  deleteSecurityGroup,
  listSecurityGroups,
} from '../../openstack/security-groups.ts';

const DEFAULT_SSH_PORT = 22;

/** Returns the ingress rules of builders. The default port is always open, because other programs share the group. */
function listIngress(sshPort: number) {
  const ports = new Set([DEFAULT_SSH_PORT, sshPort]);
  return [{ protocol: 'icmp' }, ...[...ports].map((port) => ({ protocol: 'tcp', port }))];
}

/**
 * Returns the security group that all builders of the project share. Creates it when it is missing and restores missing
 * rules. Two builds may create it at the same time: the oldest group of the name is used and the other is deleted.
 */
export async function ensureSharedSecurityGroup(
  cloud: Cloud,
  name: string,
  sshPort: number,
): Promise<SecurityGroup> {
  const existing = (await listSecurityGroups(cloud, name))[0] ?? (await createOrUseOlder(cloud, name));
  for (const rule of listIngress(sshPort)) {
    if (!hasRule(existing, rule)) await createIngressRule(cloud, existing.id, rule);
  }
  return existing;
}

async function createOrUseOlder(cloud: Cloud, name: string): Promise<SecurityGroup> {
  const created = await createSecurityGroup(
    cloud,
    name,
    'lets the GitHub runner image builder reach its servers',
  );
  const oldest = (await listSecurityGroups(cloud, name))[0] ?? created;
  if (oldest.id !== created.id) await deleteSecurityGroup(cloud, created.id);
  return oldest;
}

function hasRule(
  group: SecurityGroup,
  wanted: { readonly protocol: string; readonly port?: number },
): boolean {
  return group.rules.some(
    (rule) =>
      rule.direction === 'ingress' &&
      rule.ethertype === 'IPv4' &&
      rule.protocol === wanted.protocol &&
      (rule.port_range_min ?? undefined) === wanted.port &&
      (rule.port_range_max ?? undefined) === wanted.port,
  );
}
