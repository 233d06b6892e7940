import { expect } from '@jest/globals';
import { anything } from '../../../src/model/decode.ts';
import { listNetworks } from '../../../src/openstack/networks.ts';
import { listAll } from '../../../src/openstack/api/list-all.ts';
import type { ContractCase } from '../contract.ts';

export const networkCases: readonly ContractCase[] = [
  {
    verb: 'listNetworks',
    outcome: 'every project lists a shared network with its subnets',
    run: async (context) => {
      for (const user of ['builder', 'neighbour'] as const) {
        const networks = await listNetworks((await context.connect(user)).withSignal());
        const wanted = networks.find(({ id, name }) => [id, name].includes(context.network));
        expect(wanted).toMatchObject({ status: 'ACTIVE', 'router:external': false });
        expect(wanted?.subnets).toHaveLength(1);
      }
    },
  },
  {
    verb: 'listAll',
    outcome: 'networks read one per page are the same as in one request, although pages also link back',
    run: async (context) => {
      const cloud = (await context.connect('builder')).withSignal();
      const request = { operation: 'list networks', path: '/networks', key: 'networks' };
      const paged = await listAll(cloud.network, { ...request, query: { limit: '1' }, element: anything });
      expect(paged).toEqual(await listAll(cloud.network, { ...request, element: anything }));
    },
  },
];
