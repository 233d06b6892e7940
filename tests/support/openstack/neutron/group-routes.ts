import { inGroup, makeRule, makeSecurityGroup } from './records.ts';
import { isVisible, listRecords, neutronRoute, notFound } from './neutron-route.ts';
import { type RouteResponse, type RouteRequest, Refusal } from '../server/route.ts';
import type { CloudState, PlainRecord } from '../cloud-state.ts';

interface GroupRequest {
  readonly security_group?: { readonly name: string; readonly description?: string };
}
interface RuleRequest {
  readonly security_group_rule: Readonly<Record<string, unknown>> & { readonly security_group_id: string };
}

/** The fields that make two rules duplicates when they are equal. */
const COMPARED_FIELDS = [
  'ethertype',
  'direction',
  'protocol',
  'port_range_min',
  'port_range_max',
  'remote_ip_prefix',
];

function getGroup(id: string, request: RouteRequest, cloud: CloudState): PlainRecord {
  const group = cloud.securityGroups.get(id);
  if (group !== undefined && isVisible(group, request)) return group;
  throw notFound('SecurityGroup', id);
}

async function createGroup(request: RouteRequest, cloud: CloudState): Promise<RouteResponse> {
  const { security_group: requested } = (await request.json()) as GroupRequest;
  if (requested === undefined) throw new Refusal(400, "Unable to find 'security_group' in request body");
  const { name, description = '' } = requested;
  if (name === 'default') {
    throw new Refusal(409, 'SecurityGroupDefaultAlreadyExists: Default security group already exists.');
  }
  const now = new Date(cloud.clock.now()).toISOString();
  const group = makeSecurityGroup({ name, description, projectId: request.login.projectId, now });
  cloud.securityGroups.set(group.id, group);
  return { status: 201, body: { security_group: group } };
}

async function createRule(request: RouteRequest, cloud: CloudState): Promise<RouteResponse> {
  const { security_group_rule: requested } = (await request.json()) as RuleRequest;
  const group = getGroup(requested.security_group_id, request, cloud);
  const { projectId } = request.login;
  const now = new Date(cloud.clock.now()).toISOString();
  const rule = makeRule(group.id, { projectId, now }, requested);
  const rules = group['security_group_rules'] as PlainRecord[];
  const existing = rules.find((each) => COMPARED_FIELDS.every((field) => each[field] === rule[field]));
  if (existing !== undefined) {
    const message = `Security group rule already exists. Rule id is ${existing.id}.`;
    throw new Refusal(409, `SecurityGroupRuleExists: ${message}`);
  }
  rules.push(inGroup(rule));
  return { status: 201, body: { security_group_rule: rule } };
}

function deleteGroup(request: RouteRequest, cloud: CloudState): RouteResponse {
  const { id } = getGroup(request.params['id'] ?? '', request, cloud);
  const isUsed = [...cloud.ports.values()].some((port) =>
    (port['security_groups'] as readonly string[]).includes(id),
  );
  if (isUsed) throw new Refusal(409, `SecurityGroupInUse: Security Group ${id} in use.`);
  cloud.securityGroups.delete(id);
  return { status: 204 };
}

export const groupRoutes = [
  neutronRoute('GET /security-groups', (request, cloud) =>
    listRecords(request, cloud, {
      key: 'security_groups',
      path: '/security-groups',
      kind: 'SecurityGroup',
      all: cloud.securityGroups.values(),
    }),
  ),
  neutronRoute('POST /security-groups', createGroup),
  neutronRoute('DELETE /security-groups/:id', deleteGroup),
  neutronRoute('POST /security-group-rules', createRule),
];
