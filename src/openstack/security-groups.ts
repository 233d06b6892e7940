import { ConflictError, NotFoundError } from '../model/cloud-errors.ts';
import { anyString, fields, integer, list, optional, text, withDefault } from '../model/decode.ts';
import type { Cloud } from './cloud.ts';
import { listAll } from './pages.ts';

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

/** A rule of a security group; without ports it holds for all of them. */
type SecurityGroupRule = NonNullable<ReturnType<typeof ruleFields>>;

/** A security group of the project, with its rules. */
export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly rules: readonly SecurityGroupRule[];
}

function toGroup(read: NonNullable<ReturnType<typeof groupFields>>): SecurityGroup {
  return { id: read.id, name: read.name, createdAt: read.created_at, rules: read.security_group_rules };
}

/** Lists the project's security groups of exactly this name, the oldest first. */
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

/** Creates a security group; Neutron gives it rules that let everything out and nothing in. */
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

/** Lets IPv4 traffic in: all of a protocol, or one port of it. A rule that is there already is fine. */
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
      isRepeatable: true, // a second one is refused with 409
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

/** Deletes a security group; one that is gone is fine. */
export async function deleteSecurityGroup(cloud: Cloud, id: string): Promise<void> {
  const request = { operation: `delete security group ${id}`, path: `/security-groups/${id}` };
  try {
    await cloud.network.send({ ...request, method: 'DELETE' });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
