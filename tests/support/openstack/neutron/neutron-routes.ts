import { floatingIpRoutes } from './floating-ip-routes.ts';
import { groupRoutes } from './group-routes.ts';
import { makeExternalNetwork, makeNetwork, makeSecurityGroup } from './records.ts';
import { isVisible, listRecords, neutronRoute, notFound } from './neutron-route.ts';
import { makeFlavors } from '../nova/flavor-routes.ts';
import type { Route } from '../server/route.ts';
import type { CloudState, Login, PlainRecord } from '../cloud-state.ts';

/** The routes of Neutron. */
export const neutronRoutes: readonly Route[] = [
  neutronRoute('GET /networks', (request, cloud) =>
    listRecords(request, cloud, { key: 'networks', path: '/networks', kind: 'Network', all: cloud.networks }),
  ),
  neutronRoute('GET /ports', (request, cloud) =>
    listRecords(request, cloud, { key: 'ports', path: '/ports', kind: 'Port', all: cloud.ports.values() }),
  ),
  neutronRoute('DELETE /ports/:id', (request, cloud) => {
    const { id = '' } = request.params;
    const port = cloud.ports.get(id);
    if (port === undefined || !isVisible(port, request)) throw notFound('Port', id);
    cloud.ports.delete(id);
    return { status: 204 };
  }),
  ...groupRoutes,
  ...floatingIpRoutes,
];

/** Returns the resources of a new cloud: the lab's flavors and networks, and two security groups for each project. */
export function seedCompute(
  accounts: readonly Login[],
): Pick<CloudState, 'flavors' | 'networks' | 'securityGroups'> {
  const now = new Date().toISOString();
  const groups = [...new Set(accounts.map(({ projectId }) => projectId))].flatMap((projectId) => [
    makeSecurityGroup({ name: 'default', description: 'Default security group', projectId, now }),
    makeSecurityGroup({ name: 'lab-ssh', description: 'ssh and ping', projectId, now }, [
      { protocol: 'icmp' },
      { protocol: 'tcp', port: 22 },
    ]),
  ]);
  return {
    flavors: makeFlavors(),
    networks: [makeNetwork('lab', now), makeExternalNetwork('lab-ext', now)],
    securityGroups: new Map(groups.map((group): [string, PlainRecord] => [group.id, group])),
  };
}
