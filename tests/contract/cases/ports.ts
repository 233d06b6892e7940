import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { deletePort, listServerPorts } from '../../../src/openstack/ports.ts';
import type { ContractCase } from '../contract.ts';

export const portCases: readonly ContractCase[] = [
  {
    verb: 'listServerPorts',
    outcome: 'a server that is not there has none',
    run: async (world) => {
      const cloud = (await world.connect('builder')).under();
      expect(await listServerPorts(cloud, randomUUID())).toEqual([]);
    },
  },
  {
    verb: 'deletePort',
    outcome: 'one that is gone is fine',
    run: async (world) => {
      await deletePort((await world.connect('builder')).under(), randomUUID());
    },
  },
];
