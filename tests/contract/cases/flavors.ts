import { expect } from '@jest/globals';
import { anything } from '../../../src/model/decode.ts';
import { listFlavors } from '../../../src/openstack/flavors.ts';
import { listAll } from '../../../src/openstack/api/list-all.ts';
import type { ContractCase } from '../contract.ts';

export const flavorCases: readonly ContractCase[] = [
  {
    verb: 'listFlavors',
    outcome: 'the flavors of the cloud are listed with their sizes',
    run: async (context) => {
      const cloud = (await context.connect('builder')).withSignal();
      const flavors = await listFlavors(cloud);
      const wanted = flavors.find(({ id, name }) => [id, name].includes(context.flavor));
      expect(wanted).toMatchObject({ id: expect.any(String), vcpus: expect.any(Number) });
      expect(Math.min(wanted?.ram ?? 0, wanted?.disk ?? 0)).toBeGreaterThan(0);
    },
  },
  {
    verb: 'listAll',
    outcome: 'flavors read one per page, by a marker, are the same as in one request',
    run: async (context) => {
      const cloud = (await context.connect('builder')).withSignal();
      const request = { operation: 'list flavors', path: '/flavors/detail', key: 'flavors' };
      const paged = await listAll(cloud.compute, { ...request, query: { limit: '1' }, element: anything });
      expect(paged).toEqual(await listAll(cloud.compute, { ...request, element: anything }));
    },
  },
];
