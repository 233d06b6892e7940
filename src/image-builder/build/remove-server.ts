import type { Cloud } from '../../openstack/cloud.ts';
import { deletePort, listServerPorts } from '../../openstack/ports.ts';
import { deleteServer, findServer } from '../../openstack/servers.ts';
import { waitFor } from '../../system/wait.ts';
import type { Deadlines } from '../context.ts';
import { waitOn } from '../wait-on.ts';

/** Deletes a server, waits until it is gone, and deletes the ports that Nova left. */
export async function removeServer(
  cloud: Cloud,
  id: string,
  { timeouts }: Pick<Deadlines, 'timeouts'>,
): Promise<void> {
  let status = 'unknown';
  await deleteServer(cloud, id);
  const probe = async (): Promise<true | undefined> => {
    const server = await findServer(cloud, id);
    status = server?.status ?? 'gone';
    return server === undefined || status === 'DELETED' ? true : undefined;
  };
  const what = `server ${id} to be gone`;
  await waitFor(probe, waitOn(cloud, timeouts, { timeout: 'deleteTimeout', what, lastSeen: () => status }));
  for (const port of await listServerPorts(cloud, id)) await deletePort(cloud, port.id);
}
