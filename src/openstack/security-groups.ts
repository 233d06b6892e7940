import { ConflictError, NotFoundError } from '../model/cloud/cloud-errors.ts';
import {
  anything,
  fields,
  integer,
  list,
  optional,
  usableElements,
  uuid,
  withDefault,
  nameText,
  shortText,
} from '../model/decode.ts';
import type { Cloud } from './cloud.ts';
import { listAll } from './api/list-all.ts';

const ruleFields = fields({
  direction: nameText,
  ethertype: nameText,
  protocol: optional(nameText),
  port_range_min: optional(integer),
  port_range_max: optional(integer),
  remote_ip_prefix: optional(nameText),
});

const groupFields = fields({
  id: uuid,
  name: nameText,
  description: withDefault(shortText, ''),
  created_at: withDefault(shortText, ''),
  security_group_rules: withDefault(list(anything), []),
});

/** A rule of a security group. A rule without ports applies to all ports. */
type SecurityGroupRule = NonNullable<ReturnType<typeof ruleFields>>;

/** A rule to create: ingress for one protocol, on one port or on all, from one network or from everywhere. */
export interface IngressRule {
  readonly protocol: string;
  readonly port?: number;
  /** In CIDR notation. An IPv6 network makes a rule for IPv6. */
  readonly source?: string;
}

/** A security group with its rules. */
export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly rules: readonly SecurityGroupRule[];
}

function toGroup(cloud: Cloud, read: NonNullable<ReturnType<typeof groupFields>>): SecurityGroup {
  const rules = usableElements(read.security_group_rules, ruleFields, 'security_group_rules', (problems) => {
    cloud.network.reportSkipped('security group rules', problems);
  });
  return { id: read.id, name: read.name, createdAt: read.created_at, rules };
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
    .map((read) => toGroup(cloud, read))
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
  cloud.noteCreated(read.security_group.id, 'security group');
  return toGroup(cloud, read.security_group);
}

/** Returns the version of IP of a rule, in Neutron's words. */
export function ethertypeOf({ source = '' }: IngressRule): 'IPv4' | 'IPv6' {
  return source.includes(':') ? 'IPv6' : 'IPv4';
}

/** Creates a rule that allows ingress. Does nothing when the rule already exists. */
export async function createIngressRule(cloud: Cloud, groupId: string, rule: IngressRule): Promise<void> {
  const source = rule.source === undefined ? {} : { remote_ip_prefix: rule.source };
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
          ethertype: ethertypeOf(rule),
          protocol: rule.protocol,
          ...ports,
          ...source,
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
