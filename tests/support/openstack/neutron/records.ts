import { randomBytes, randomUUID } from 'node:crypto';
import type { PlainRecord } from '../cloud-state.ts';

/** The traffic that an ingress rule allows. */
export interface Ingress {
  readonly protocol: string | null;
  readonly port?: number;
}

/** The fields of a new security group. */
export interface GroupSpec {
  readonly name: string;
  readonly description: string;
  readonly projectId: string;
  /** The creation time in ISO 8601. */
  readonly now: string;
}

const withoutFraction = (iso: string): string => iso.replace(/\.\d+Z$/, 'Z');

function stamps(now: string, revision: number) {
  const at = withoutFraction(now);
  return { created_at: at, updated_at: at, revision_number: revision };
}

/** Creates a network that is shared with all projects. */
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

/** Creates an external network, which every project sees although it is not shared. */
export function makeExternalNetwork(name: string, now: string): PlainRecord {
  return { ...makeNetwork(name, now), shared: false, 'router:external': true, is_default: false };
}

/** Creates a rule with the fields of Neutron's response to its creation. A group shows more fields; see `inGroup`. */
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

/** Returns a rule with the additional fields that its group shows. */
export function inGroup(rule: PlainRecord): PlainRecord {
  return { ...rule, standard_attr_id: 1, tags: [] };
}

/** Creates a security group with Neutron's default rules, which allow all egress, and rules that allow `ingress`. */
export function makeSecurityGroup(spec: GroupSpec, ingress: readonly Ingress[] = []): PlainRecord {
  const { name, description, projectId, now } = spec;
  const id = randomUUID();
  const egress = ['IPv4', 'IPv6'].map((ethertype) => ({ ethertype, direction: 'egress', description: null }));
  const ingressRules = ingress.map(({ protocol, port = null }) => ({
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
    security_group_rules: [...egress, ...ingressRules].map((traffic) => inGroup(makeRule(id, spec, traffic))),
    tags: [],
    ...stamps(now, 1),
    project_id: projectId,
  };
}
