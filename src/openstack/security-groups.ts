import { ConflictError, NotFoundError } from '../model/cloud-errors.ts';
import { anyString, fields, integer, list, optional, text, withDefault } from '../model/decode.ts';
import type { Cloud } from './cloud.ts';
import { listAll } from './list-all.ts';

const ruleFields = fields({
  direction: text,
  ethertype: text,
  protocol: optional(text),
  port_range_min: optional(integer),
  port_range_max: optional(integer),
});

const groupFields = fields({
  id: text,
  name: text,
  description: withDefault(anyString, ''),
  created_at: withDefault(anyString, ''),
  security_group_rules: withDefault(list(ruleFields), []),
});

/** A rule of a security group. A rule without ports applies to all ports. */
type SecurityGroupRule = NonNullable<ReturnType<typeof ruleFields>>;

/** A security group with its rules. */
export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly rules: readonly SecurityGroupRule[];
}

function toGroup(read: NonNullable<ReturnType<typeof groupFields>>): SecurityGroup {
  return { id: read.id, name: read.name, createdAt: read.created_at, rules: read.security_group_rules };
}

/** Lists the project's security groups with exactly this name, oldest first. */
export async function listSecurityGroups(cloud: Cloud, name: string): Promise<readonly SecurityGroup[]> {
  const found = await listAll(cloud.network, {
    operation: `list security groups ${name}`,
    path: '/security-groups',
    query: { name, project_id: await cloud.projectId() },
    key: 'security_groups',
    element: groupFields,
  });
  return found
    .map(toGroup)
    .filter((group) => group.name === name)
    .sort((a, b) => `${a.createdAt} ${a.id}`.localeCompare(`${b.createdAt} ${b.id}`));
}

/** Creates a security group. Neutron's default rules allow all egress and no ingress. */
export async function createSecurityGroup(
  cloud: Cloud,
  name: string,
  description: string,
): Promise<SecurityGroup> {
  const read = await cloud.network.read(
    {
      operation: `create security group ${name}`,
      method: 'POST',
      path: '/security-groups',
      body: { security_group: { name, description } },
    },
    fields({ security_group: groupFields }),
  );
  return toGroup(read.security_group);
}

/**
 * Creates a rule that allows IPv4 ingress for one protocol, on one port or on all ports. Does nothing when the rule
 * already exists.
 */
export async function createIngressRule(
  cloud: Cloud,
  groupId: string,
  rule: { readonly protocol: string; readonly port?: number },
): Promise<void> {
  const ports = rule.port === undefined ? {} : { port_range_min: rule.port, port_range_max: rule.port };
  try {
    await cloud.network.send({
      operation: `create security group rule ${rule.protocol}`,
      method: 'POST',
      path: '/security-group-rules',
      isRepeatable: true, // Neutron rejects a duplicate rule with 409
      body: {
        security_group_rule: {
          security_group_id: groupId,
          direction: 'ingress',
          ethertype: 'IPv4',
          protocol: rule.protocol,
          ...ports,
        },
      },
    });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}

/** Deletes a security group. Does nothing when it does not exist. */
export async function deleteSecurityGroup(cloud: Cloud, id: string): Promise<void> {
  const request = { operation: `delete security group ${id}`, path: `/security-groups/${id}` };
  try {
    await cloud.network.send({ ...request, method: 'DELETE' });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
