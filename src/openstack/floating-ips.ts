import { NotFoundError } from '../model/cloud/cloud-errors.ts';
import { fields, uuid, withDefault, shortText, nameText } from '../model/decode.ts';
import type { Cloud } from './cloud.ts';
import { listAll } from './api/list-all.ts';

const floatingIpFields = fields({
  id: uuid,
  floating_ip_address: nameText,
  description: withDefault(shortText, ''),
  created_at: withDefault(shortText, ''),
});

/** An address of an external network that leads to a port. */
export interface FloatingIp {
  readonly id: string;
  readonly address: string;
  readonly description: string;
  /** In ISO 8601. */
  readonly createdAt: string;
}

function toFloatingIp(read: NonNullable<ReturnType<typeof floatingIpFields>>): FloatingIp {
  const { id, floating_ip_address: address, description, created_at: createdAt } = read;
  return { id, address, description, createdAt };
}

/** Takes an address of the external network and leads it to the port. */
export async function createFloatingIp(
  cloud: Cloud,
  spec: { readonly networkId: string; readonly portId: string; readonly description: string },
): Promise<FloatingIp> {
  const { networkId: floating_network_id, portId: port_id, description } = spec;
  const read = await cloud.network.read(
    {
      operation: `create floating IP for port ${port_id}`,
      method: 'POST',
      path: '/floatingips',
      body: { floatingip: { floating_network_id, port_id, description } },
    },
    fields({ floatingip: floatingIpFields }),
  );
  cloud.noteCreated(read.floatingip.id, 'floating IP');
  return toFloatingIp(read.floatingip);
}

/** Lists the project's floating IPs; none in a cloud without routers. */
export async function listFloatingIps(cloud: Cloud): Promise<readonly FloatingIp[]> {
  try {
    const found = await listAll(cloud.network, {
      operation: 'list floating IPs',
      path: '/floatingips',
      query: { project_id: await cloud.projectId() },
      key: 'floatingips',
      element: floatingIpFields,
    });
    return found.map(toFloatingIp);
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}

/** Releases a floating IP. Does nothing when it does not exist. */
export async function deleteFloatingIp(cloud: Cloud, id: string): Promise<void> {
  try {
    await cloud.network.send({
      operation: `delete floating IP ${id}`,
      method: 'DELETE',
      path: `/floatingips/${id}`,
    });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
