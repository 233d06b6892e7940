import { NotFoundError } from '../model/cloud/cloud-errors.ts';
import { fields, uuid } from '../model/decode.ts';
import type { Cloud } from './cloud.ts';
import { listAll } from './api/list-all.ts';

const portFields = fields({ id: uuid });

/** A port, which attaches a server to a network. */
export type Port = NonNullable<ReturnType<typeof portFields>>;

/** Lists the ports of one server. */
export function listServerPorts(cloud: Cloud, serverId: string): Promise<readonly Port[]> {
  return listAll(cloud.network, {
    operation: `list ports of server ${serverId}`,
    path: '/ports',
    query: { device_id: serverId },
    key: 'ports',
    element: portFields,
  });
}

/** Deletes a port. Does nothing when it does not exist. */
export async function deletePort(cloud: Cloud, id: string): Promise<void> {
  try {
    await cloud.network.send({ operation: `delete port ${id}`, method: 'DELETE', path: `/ports/${id}` });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
