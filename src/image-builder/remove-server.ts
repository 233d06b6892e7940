import type { Cloud } from '../openstack/cloud.ts';
import { deletePort, listServerPorts } from '../openstack/ports.ts';
import { deleteServer, findServer } from '../openstack/servers.ts';
import { waitFor } from '../system/wait.ts';
import { type Tools, waitOn } from './tools.ts';

/** Deletes a server, waits until it is gone, and deletes ports that Nova left behind. */
export async function removeServer(cloud: Cloud, id: string, tools: Pick<Tools, 'timeouts'>): Promise<void> {
  let status = 'unknown';
  await deleteServer(cloud, id);
  const look = async (): Promise<true | undefined> => {
    const server = await findServer(cloud, id);
    status = server?.status ?? 'gone';
    return server === undefined || status === 'DELETED' ? true : undefined;
  };
  await waitFor(
    look,
    waitOn(cloud, tools.timeouts, 'deleteTimeout', `server ${id} to be gone`, () => status),
  );
  for (const port of await listServerPorts(cloud, id)) await deletePort(cloud, port.id);
}
