import { randomBytes, randomUUID } from 'node:crypto';
import type { CloudState, PlainRecord } from '../cloud-state.ts';
import { Refusal, type RouteRequest, type RouteResponse } from '../server/route.ts';
import { isVisible, listRecords, neutronRoute, notFound } from './neutron-route.ts';

interface FloatingIpRequest {
  readonly floatingip: {
    readonly floating_network_id: string;
    readonly port_id: string;
    readonly description?: string;
  };
}

async function createFloatingIp(request: RouteRequest, cloud: CloudState): Promise<RouteResponse> {
  const { floatingip: requested } = (await request.json()) as FloatingIpRequest;
  const { floating_network_id: networkId, port_id: portId, description = '' } = requested;
  const network = cloud.networks.find(({ id }) => id === networkId);
  if (network?.['router:external'] !== true) throw notFound('Network', networkId);
  const port = cloud.ports.get(portId);
  if (port === undefined || !isVisible(port, request)) throw notFound('Port', portId);
  const taken = [...cloud.floatingIps.values()];
  if (taken.some((address) => address['port_id'] === portId)) {
    const message = `Cannot associate floating IP with port ${portId}, because it has one already.`;
    throw new Refusal(409, `FloatingIPPortAlreadyAssociated: ${message}`);
  }
  const now = new Date(cloud.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  const { projectId } = request.login;
  const [fixed] = port['fixed_ips'] as readonly { readonly ip_address: string }[];
  const floatingIp: PlainRecord = {
    id: randomUUID(),
    tenant_id: projectId,
    floating_ip_address: nextAddress(taken),
    floating_network_id: networkId,
    router_id: randomUUID(),
    port_id: portId,
    fixed_ip_address: fixed?.ip_address ?? '',
    status: 'DOWN',
    description,
    port_details: {
      name: port['name'],
      network_id: port['network_id'],
      mac_address: `fa:16:3e:${randomBytes(3).toString('hex').replace(/..\B/g, '$&:')}`,
      admin_state_up: true,
      status: 'ACTIVE',
      device_id: port['device_id'],
      device_owner: 'compute:nova',
    },
    tags: [],
    created_at: now,
    updated_at: now,
    revision_number: 0,
    project_id: projectId,
  };
  cloud.floatingIps.set(floatingIp.id, floatingIp);
  return { status: 201, body: { floatingip: floatingIp } };
}

function nextAddress(taken: readonly PlainRecord[]): string {
  const used = new Set(taken.map((address) => address['floating_ip_address']));
  for (let host = 2; host < 255; host++) {
    const address = `198.51.100.${host}`;
    if (!used.has(address)) return address;
  }
  throw new Refusal(409, 'IpAddressGenerationFailure: No more IP addresses available on network.');
}

/** The routes of floating IPs. */
export const floatingIpRoutes = [
  neutronRoute('GET /floatingips', (request, cloud) =>
    listRecords(request, cloud, {
      key: 'floatingips',
      path: '/floatingips',
      kind: 'FloatingIP',
      all: cloud.floatingIps.values(),
    }),
  ),
  neutronRoute('POST /floatingips', createFloatingIp),
  neutronRoute('DELETE /floatingips/:id', (request, cloud) => {
    const { id = '' } = request.params;
    const address = cloud.floatingIps.get(id);
    if (address === undefined || !isVisible(address, request)) throw notFound('FloatingIP', id);
    cloud.floatingIps.delete(id);
    return { status: 204 };
  }),
];
