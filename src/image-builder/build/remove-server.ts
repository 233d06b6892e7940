import type { Cloud } from '../../openstack/cloud.ts';
import { deletePort, listServerPorts } from '../../openstack/ports.ts';
import { deleteServer, findServer, listServers } from '../../openstack/servers.ts';
import { waitFor } from '../../system/wait.ts';
import { type Waiting, waitOn } from '../wait-on.ts';

/** Deletes a server, waits until it is gone, and deletes the ports that Nova left. */
export async function removeServer(cloud: Cloud, id: string, context: Waiting): Promise<void> {
  let status = 'unknown';
  await deleteServer(cloud, id);
  const probe = async (): Promise<true | undefined> => {
    const server = await findServer(cloud, id);
    status = server?.status ?? 'gone';
    return server === undefined || status === 'DELETED' ? true : undefined;
  };
  const what = `server ${id} to be gone`;
  const state = { timeout: 'deleteTimeout', what, lastSeen: () => status, isRequested: true } as const;
  await waitFor(probe, waitOn(cloud, context, state));
  for (const port of await listServerPorts(cloud, id)) await deletePort(cloud, port.id);
}

/** Deletes the server; without its id, every server of the name, which is unique to its maker. */
export async function removeServers(
  cloud: Cloud,
  name: string,
  id: string | undefined,
  context: Waiting,
): Promise<void> {
  const named =
    id === undefined ? (await listServers(cloud)).filter((server) => server.name === name) : [{ id }];
  for (const server of named) await removeServer(cloud, server.id, context);
}
