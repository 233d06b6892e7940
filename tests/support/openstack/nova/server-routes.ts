import { paginate } from '../server/paginate.ts';
import { actOnServer } from './act-on-server.ts';
import { createServer } from './create-server.ts';
import { deleteServer } from './delete-server.ts';
import { novaRoute, refuseMarker } from './nova-route.ts';
import { getServer } from './server-state.ts';
import type { RouteResponse, RouteRequest } from '../server/route.ts';
import type { CloudState } from '../cloud-state.ts';

/** Lists the project's servers, newest first. */
function listServers(request: RouteRequest, cloud: CloudState): RouteResponse {
  const own = [...cloud.servers.values()].filter(({ projectId }) => projectId === request.login.projectId);
  const page = paginate(request, {
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
