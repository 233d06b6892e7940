import { unplug } from './boot-server.ts';
import { getServer, setState } from './server-state.ts';
import type { RouteResponse, RouteRequest } from '../server/route.ts';
import type { CloudState, ServerRecord } from '../cloud-state.ts';

/** The times at which a deletion reaches its states, in seconds after the request. */
const POWERED_OFF = 0.5;
const UNPLUGGED = 1;
const DELETED = 1.8;
const GONE = 2;

/** Handles DELETE /servers/:id. The server stays visible until it is deleted. */
export function deleteServer(request: RouteRequest, cloud: CloudState): RouteResponse {
  const server = getServer(request, cloud);
  if (server.shown['OS-EXT-STS:task_state'] !== 'deleting') {
    setState(server, cloud, { task: 'deleting' });
    scheduleDeletion(server, cloud);
  }
  return { status: 204 };
}

function scheduleDeletion(server: ServerRecord, cloud: CloudState): void {
  const { shown } = server;
  cloud.clock.after(POWERED_OFF, () => server.powerOff());
  cloud.clock.after(UNPLUGGED, () => {
    unplug(server, cloud);
  });
  cloud.clock.after(DELETED, () => {
    shown['addresses'] = {};
    setState(server, cloud, { status: 'DELETED', vm: 'deleted', task: null, power: 0 });
  });
  cloud.clock.after(GONE, async () => {
    cloud.servers.delete(shown.id);
    await server.powerOff();
  });
}
