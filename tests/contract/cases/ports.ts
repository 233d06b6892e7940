import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { deletePort, listServerPorts } from '../../../src/openstack/ports.ts';
import type { ContractCase } from '../contract.ts';

export const portCases: readonly ContractCase[] = [
  {
    verb: 'listServerPorts',
    outcome: 'a missing server has no ports',
    run: async (context) => {
      const cloud = (await context.connect('builder')).withSignal();
      expect(await listServerPorts(cloud, randomUUID())).toEqual([]);
    },
  },
  {
    verb: 'deletePort',
    outcome: 'deleting a missing port succeeds',
    run: async (context) => {
      await deletePort((await context.connect('builder')).withSignal(), randomUUID());
    },
  },
];
