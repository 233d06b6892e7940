import { unplug } from './nova-boot.ts';
import { getServer, setState } from './nova-state.ts';
import type { Answered, Asked } from './route.ts';
import type { CloudState, ServerRecord } from './state.ts';

/** The times at which a deletion reaches its states, in seconds after the request. */
const POWERED_OFF = 0.5;
const UNPLUGGED = 1;
const DELETED = 1.8;
const GONE = 2;

/** Handles DELETE /servers/:id. The server stays visible until it is deleted. */
export function deleteServer(request: Asked, cloud: CloudState): Answered {
  const server = getServer(request, cloud);
  if (server.shown['OS-EXT-STS:task_state'] !== 'deleting') {
    setState(server, cloud, { task: 'deleting' });
    scheduleDeletion(server, cloud);
  }
  return { status: 204 };
}

function scheduleDeletion(server: ServerRecord, cloud: CloudState): void {
  const { shown } = server;
  cloud.pace.after(POWERED_OFF, () => server.powerOff());
  cloud.pace.after(UNPLUGGED, () => {
    unplug(server, cloud);
  });
  cloud.pace.after(DELETED, () => {
    shown['addresses'] = {};
    setState(server, cloud, { status: 'DELETED', vm: 'deleted', task: null, power: 0 });
  });
  cloud.pace.after(GONE, async () => {
    cloud.servers.delete(shown.id);
    await server.powerOff();
  });
}
