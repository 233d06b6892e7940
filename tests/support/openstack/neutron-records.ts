import { randomBytes, randomUUID } from 'node:crypto';
import type { PlainRecord } from './state.ts';

/** Traffic that a rule lets in. */
export interface Ingress {
  readonly protocol: string | null;
  readonly port?: number;
}

/** What a security group is made of. */
export interface GroupSpec {
  readonly name: string;
  readonly description: string;
  readonly projectId: string;
  /** In ISO 8601. */
  readonly now: string;
}

const withoutFraction = (iso: string): string => iso.replace(/\.\d+Z$/, 'Z');

function stamps(now: string, revision: number) {
  const at = withoutFraction(now);
  return { created_at: at, updated_at: at, revision_number: revision };
}

/** A network that every project sees and may plug servers into. */
export function makeNetwork(name: string, now: string): PlainRecord {
  const projectId = randomBytes(16).toString('hex');
  return {
    id: randomUUID(),
    name,
    tenant_id: projectId,
    admin_state_up: true,
    mtu: 1500,
    status: 'ACTIVE',
    subnets: [randomUUID()],
    shared: true,
    availability_zone_hints: [],
    availability_zones: [],
    ipv4_address_scope: null,
    ipv6_address_scope: null,
    'router:external': false,
    description: '',
    port_security_enabled: true,
    tags: [],
    ...stamps(now, 2),
    project_id: projectId,
  };
}

/** A rule as Neutron answers to its request; in a group it is shown with `inGroup` beside. */
export function makeRule(
  groupId: string,
  { projectId, now }: Pick<GroupSpec, 'projectId' | 'now'>,
  traffic: Readonly<Record<string, unknown>>,
): PlainRecord {
  return {
    id: randomUUID(),
    tenant_id: projectId,
    security_group_id: groupId,
    ethertype: 'IPv4',
    direction: 'ingress',
    protocol: null,
    port_range_min: null,
    port_range_max: null,
    remote_ip_prefix: null,
    remote_address_group_id: null,
    normalized_cidr: null,
    remote_group_id: null,
    description: '',
    ...traffic,
    ...stamps(now, 0),
    project_id: projectId,
  };
}

/** A rule as its group shows it. */
export function inGroup(rule: PlainRecord): PlainRecord {
  return { ...rule, standard_attr_id: 1, tags: [] };
}

/** A group with the rules that Neutron gives each, which let all out, and those that let `ingress` in. */
export function makeSecurityGroup(spec: GroupSpec, ingress: readonly Ingress[] = []): PlainRecord {
  const { name, description, projectId, now } = spec;
  const id = randomUUID();
  const egress = ['IPv4', 'IPv6'].map((ethertype) => ({ ethertype, direction: 'egress', description: null }));
  const wanted = ingress.map(({ protocol, port = null }) => ({
    protocol,
    port_range_min: port,
    port_range_max: port,
  }));
  return {
    id,
    name,
    stateful: true,
    tenant_id: projectId,
    description,
    shared: false,
    security_group_rules: [...egress, ...wanted].map((traffic) => inGroup(makeRule(id, spec, traffic))),
    tags: [],
    ...stamps(now, 1),
    project_id: projectId,
  };
}
