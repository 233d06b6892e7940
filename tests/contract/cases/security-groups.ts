import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { ConflictError, NotFoundError } from '../../../src/model/cloud/cloud-errors.ts';
import { anything } from '../../../src/model/decode.ts';
import type { Cloud } from '../../../src/openstack/cloud.ts';
import { listAll } from '../../../src/openstack/api/list-all.ts';
import {
  createIngressRule,
  createSecurityGroup,
  deleteSecurityGroup,
  listSecurityGroups,
} from '../../../src/openstack/security-groups.ts';
import type { ContractCase, CaseContext } from '../contract.ts';

/** Creates a group that is deleted at the end of the case. */
async function makeGroup(context: CaseContext, cloud: Cloud, name: string) {
  const group = await createSecurityGroup(cloud, name, 'of the contract');
  context.onEnd(() => deleteSecurityGroup(cloud, group.id));
  return group;
}

const builder = async (context: CaseContext): Promise<Cloud> =>
  (await context.connect('builder')).withSignal();

export const securityGroupCases: readonly ContractCase[] = [
  {
    verb: 'createSecurityGroup',
    outcome: 'the rules of a new group allow all egress and no ingress',
    run: async (context) => {
      const { rules } = await makeGroup(context, await builder(context), context.name('group'));
      const seen = rules.map(({ direction, ethertype }) => `${direction} ${ethertype}`);
      expect(seen.sort()).toEqual(['egress IPv4', 'egress IPv6']);
    },
  },
  {
    verb: 'createSecurityGroup',
    outcome: 'an existing name creates a second group, and both are listed',
    run: async (context) => {
      const cloud = await builder(context);
      const name = context.name('group');
      const ids = [await makeGroup(context, cloud, name), await makeGroup(context, cloud, name)].map(
        (one) => one.id,
      );
      const listed = (await listSecurityGroups(cloud, name)).map(({ id }) => id);
      expect(listed.toSorted()).toEqual(ids.toSorted());
      const paged = await listAll(cloud.network, {
        operation: 'list security groups',
        path: '/security-groups',
        query: { name, limit: '1' },
        key: 'security_groups',
        element: anything,
      });
      expect(paged).toHaveLength(2);
    },
  },
  {
    verb: 'createSecurityGroup',
    outcome: 'a second group named default causes a ConflictError',
    run: async (context) => {
      const made = createSecurityGroup(await builder(context), 'default', '');
      await expect(made).rejects.toThrow(ConflictError);
    },
  },
  {
    verb: 'listSecurityGroups',
    outcome: 'the list contains only groups of this project with exactly this name',
    run: async (context) => {
      const cloud = await builder(context);
      const name = context.name('group');
      const { id } = await makeGroup(context, cloud, name);
      await makeGroup(context, cloud, `${name}-2`);
      expect((await listSecurityGroups(cloud, name)).map((group) => group.id)).toEqual([id]);
      expect(await listSecurityGroups((await context.connect('neighbour')).withSignal(), name)).toEqual([]);
    },
  },
  {
    verb: 'createIngressRule',
    outcome: 'a new rule is listed in its group, and creating it again succeeds without a duplicate',
    run: async (context) => {
      const cloud = await builder(context);
      const name = context.name('group');
      const { id } = await makeGroup(context, cloud, name);
      for (const rule of [
        { protocol: 'icmp' },
        { protocol: 'tcp', port: 22 },
        { protocol: 'tcp', port: 22 },
      ]) {
        await createIngressRule(cloud, id, rule);
      }
      const [group] = await listSecurityGroups(cloud, name);
      const ingress = group?.rules.filter(({ direction }) => direction === 'ingress') ?? [];
      const seen = ingress.map((rule) => [rule.ethertype, rule.protocol, rule.port_range_min ?? 'all']);
      expect(seen.sort()).toEqual([
        ['IPv4', 'icmp', 'all'],
        ['IPv4', 'tcp', 22],
      ]);
    },
  },
  {
    verb: 'createIngressRule',
    outcome: 'a group that is missing or belongs to another project causes a NotFoundError',
    run: async (context) => {
      const cloud = await builder(context);
      const neighbour = (await context.connect('neighbour')).withSignal();
      const { id } = await makeGroup(context, cloud, context.name('group'));
      const rule = { protocol: 'icmp' };
      await expect(createIngressRule(cloud, randomUUID(), rule)).rejects.toThrow(NotFoundError);
      await expect(createIngressRule(neighbour, id, rule)).rejects.toThrow(NotFoundError);
    },
  },
  {
    verb: 'deleteSecurityGroup',
    outcome: 'deleting is repeatable and keeps groups of other projects',
    run: async (context) => {
      const cloud = await builder(context);
      const name = context.name('group');
      const { id } = await makeGroup(context, cloud, name);
      await deleteSecurityGroup((await context.connect('neighbour')).withSignal(), id);
      expect(await listSecurityGroups(cloud, name)).toHaveLength(1);
      await deleteSecurityGroup(cloud, id);
      await deleteSecurityGroup(cloud, id);
      expect(await listSecurityGroups(cloud, name)).toEqual([]);
    },
  },
];
