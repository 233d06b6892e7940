import { expect } from '@jest/globals';
import { ConflictError, NotFoundError } from '../../../src/model/cloud/cloud-errors.ts';
import { createFloatingIp, deleteFloatingIp, listFloatingIps } from '../../../src/openstack/floating-ips.ts';
import { listNetworks } from '../../../src/openstack/networks.ts';
import { listServerPorts } from '../../../src/openstack/ports.ts';
import type { CaseContext, ContractCase } from '../contract.ts';
import { LONG_SECONDS, bootServer, waitForServerStatus } from '../server-plan.ts';
import { NEVER, connectAs } from './expectations.ts';

const EXTERNAL = 'lab-ext';

/** Returns the id of the external network of the lab. */
async function findExternal(context: CaseContext): Promise<string> {
  const networks = await listNetworks(await connectAs(context, 'builder'));
  const found = networks.find((network) => network.name === EXTERNAL && network['router:external']);
  if (found === undefined) throw new Error(`expected an external network ${EXTERNAL}`);
  return found.id;
}

export const floatingIpCases: readonly ContractCase[] = [
  {
    verb: 'createFloatingIp',
    outcome: 'the port of a server gets an address that only its project lists, with its description',
    seconds: LONG_SECONDS,
    run: async (context) => {
      const networkId = await findExternal(context);
      const { cloud, id } = await bootServer(context);
      await waitForServerStatus(cloud, id, 'ACTIVE');
      const [port] = await listServerPorts(cloud, id);
      const description = `image-builder ["${context.name('app')}","","b1","p"]`;
      const spec = { networkId, portId: port?.id ?? '', description };
      const made = await createFloatingIp(cloud, spec);
      context.onEnd(() => deleteFloatingIp(cloud, made.id));
      expect(made).toMatchObject({ description, address: expect.stringMatching(/^198\.51\.100\./) });
      expect(await listFloatingIps(cloud)).toContainEqual(made);
      expect(await listFloatingIps(await connectAs(context, 'neighbour'))).not.toContainEqual(made);
      await expect(createFloatingIp(cloud, spec)).rejects.toThrow(ConflictError); // the port has one already
    },
  },
  {
    verb: 'createFloatingIp',
    outcome: 'a missing port or network causes a NotFoundError',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const networkId = await findExternal(context);
      const spec = { networkId, portId: NEVER, description: '' };
      await expect(createFloatingIp(cloud, spec)).rejects.toThrow(NotFoundError);
      await expect(createFloatingIp(cloud, { ...spec, networkId: NEVER })).rejects.toThrow(NotFoundError);
    },
  },
  {
    verb: 'deleteFloatingIp',
    outcome: 'deleting a missing floating IP succeeds',
    run: async (context) => {
      await deleteFloatingIp(await connectAs(context, 'builder'), NEVER);
    },
  },
];
