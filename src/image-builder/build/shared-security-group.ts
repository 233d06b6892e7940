import type { Cloud } from '../../openstack/cloud.ts';
import {
  type SecurityGroup,
  createIngressRule,
  createSecurityGroup,
  deleteSecurityGroup,
  listSecurityGroups,
} from '../../openstack/security-groups.ts';

const USUAL_SSH_PORT = 22;

/** What builders must be reached by: the usual port as well, for other programs share the group. */
function listIngress(sshPort: number) {
  const ports = new Set([USUAL_SSH_PORT, sshPort]);
  return [{ protocol: 'icmp' }, ...[...ports].map((port) => ({ protocol: 'tcp', port }))];
}

/**
 * The project's one group for builders: made when missing, its rules completed when some were taken away. Of several
 * with the name (two builds may make it at the same time) the oldest counts, and ours is taken back.
 */
export async function ensureSharedSecurityGroup(
  cloud: Cloud,
  name: string,
  sshPort: number,
): Promise<SecurityGroup> {
  const existing = (await listSecurityGroups(cloud, name))[0] ?? (await createUnlessBeaten(cloud, name));
  for (const rule of listIngress(sshPort)) {
    if (!hasRule(existing, rule)) await createIngressRule(cloud, existing.id, rule);
  }
  return existing;
}

async function createUnlessBeaten(cloud: Cloud, name: string): Promise<SecurityGroup> {
  const made = await createSecurityGroup(
    cloud,
    name,
    'lets the GitHub runner image builder reach its servers',
  );
  const oldest = (await listSecurityGroups(cloud, name))[0] ?? made;
  if (oldest.id !== made.id) await deleteSecurityGroup(cloud, made.id);
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
