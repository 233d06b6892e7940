import { pageOf } from './compute-pages.ts';
import { actOnServer } from './nova-actions.ts';
import { createServer } from './nova-create.ts';
import { deleteServer } from './nova-delete.ts';
import { novaRoute, refuseMarker } from './nova-routes.ts';
import { getServer } from './nova-state.ts';
import type { Answered, Asked } from './route.ts';
import type { CloudState } from './state.ts';

/** Lists the project's servers, newest first. */
function listServers(request: Asked, cloud: CloudState): Answered {
  const own = [...cloud.servers.values()].filter(({ projectId }) => projectId === request.login.projectId);
  const page = pageOf(request, {
    key: 'servers',
    all: own
      .map(({ shown }) => shown)
      .filter(({ status }) => status !== 'DELETED')
      .toReversed(),
    idOf: ({ id }) => id,
    path: '/compute/v2.1/servers/detail',
    pageSize: cloud.pageSize,
    refuseMarker,
  });
  return { status: 200, body: page };
}

export const serverRoutes = [
  novaRoute('GET /servers/detail', listServers),
  novaRoute('POST /servers', createServer),
  novaRoute('GET /servers/:id', (request, cloud) => ({
    status: 200,
    body: { server: getServer(request, cloud).shown },
  })),
  novaRoute('DELETE /servers/:id', deleteServer),
  novaRoute('POST /servers/:id/action', actOnServer),
];
