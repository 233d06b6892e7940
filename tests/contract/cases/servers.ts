import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { ConflictError, NotFoundError, RejectedError } from '../../../src/model/cloud/cloud-errors.ts';
import { deleteImage, findImage } from '../../../src/openstack/images.ts';
import { deletePort, listServerPorts } from '../../../src/openstack/ports.ts';
import { deleteSecurityGroup } from '../../../src/openstack/security-groups.ts';
import {
  createServer,
  createServerImage,
  deleteServer,
  findServer,
  getConsole,
  listBootImageIds,
  listServers,
  stopServer,
} from '../../../src/openstack/servers.ts';
import type { ContractCase } from '../contract.ts';
import { poll } from '../poll.ts';
import { makeImage, upload } from './expectations.ts';
import {
  LONG_SECONDS,
  waitUntilDeleted,
  waitForServerStatus,
  bootPlanned,
  bootServer,
  planServer,
} from '../server-plan.ts';

export const serverCases: readonly ContractCase[] = [
  {
    verb: 'createServer',
    outcome:
      'a server is in BUILD without an address, then ACTIVE with an address and a port, and visible only to its project',
    seconds: LONG_SECONDS,
    run: async (context) => {
      const { cloud, spec, id, first } = await bootServer(context);
      expect(['BUILD', 'ACTIVE']).toContain(first?.status);
      expect(first?.addresses).toHaveLength(first?.status === 'BUILD' ? 0 : 1);
      const { taskState, ...server } = await waitForServerStatus(cloud, id, 'ACTIVE');
      const { name, metadata } = spec;
      expect([taskState, server]).toMatchObject([undefined, { id, name, metadata }]);
      expect(server.addresses).toHaveLength(1);
      expect(await listServerPorts(cloud, id)).toHaveLength(1);
      expect(await listServers(cloud)).toContainEqual({ taskState: undefined, ...server });
      expect(await listBootImageIds(cloud)).toContain(spec.imageId);
      expect(typeof (await getConsole(cloud, id))).toBe('string');
      await expect(deleteSecurityGroup(cloud, spec.securityGroupId)).rejects.toThrow(ConflictError);

      const neighbour = (await context.connect('neighbour')).withSignal();
      expect(await findServer(neighbour, id)).toBeUndefined();
      expect((await listServers(neighbour)).map((one) => one.id)).not.toContain(id);
      expect(await listServerPorts(neighbour, id)).toEqual([]);
      await deleteServer(neighbour, id);
      expect((await findServer(cloud, id))?.status).toBe('ACTIVE');
    },
  },
  {
    verb: 'createServerImage',
    outcome:
      'an image of a stopped server is active before Nova is done with the server, has the given and the inherited ' +
      'properties, and outlives server and port',
    seconds: LONG_SECONDS,
    run: async (context) => {
      const { cloud, spec, id } = await bootServer(context);
      await waitForServerStatus(cloud, id, 'ACTIVE');
      await stopServer(cloud, id);
      await stopServer(cloud, id);
      await waitForServerStatus(cloud, id, 'SHUTOFF');
      await stopServer(cloud, id);
      await expect(getConsole(cloud, id)).rejects.toThrow(NotFoundError);

      const image = { name: context.name('image'), metadata: { image_builder_contract: 'yes' } };
      const imageId = await createServerImage(cloud, id, image);
      context.onEnd(() => deleteImage(cloud, imageId));
      expect(['queued', 'saving', 'active']).toContain((await findImage(cloud, imageId))?.status);
      const active = await poll('the image to be active', 60, async () => {
        const found = await findImage(cloud, imageId);
        return found?.status === 'active' ? found : undefined;
      });
      expect(active).toMatchObject({ name: image.name, properties: image.metadata });
      expect(active.properties).toMatchObject({ base_image_ref: spec.imageId, image_type: 'snapshot' });
      await waitForServerStatus(cloud, id, 'SHUTOFF');

      for (const port of await listServerPorts(cloud, id)) await deletePort(cloud, port.id);
      expect(await listServerPorts(cloud, id)).toEqual([]);
      await deleteServer(cloud, id);
      await waitUntilDeleted(cloud, id);
      expect((await findImage(cloud, imageId))?.status).toBe('active');
    },
  },
  {
    verb: 'createServer',
    outcome:
      'a missing image, flavor, network, keypair or security group causes a RejectedError and creates no server',
    run: async (context) => {
      const { cloud, spec } = await planServer(context);
      const nowhere = randomUUID();
      for (const wrong of [
        { imageId: nowhere },
        { imageId: 'no-uuid' },
        { flavorId: nowhere },
        { networkId: nowhere },
        { keypair: 'nobody' },
        { securityGroupId: nowhere },
        { userData: 'x'.repeat(60_000) },
        { metadata: { key: 'x'.repeat(256) } },
      ]) {
        await expect(createServer(cloud, { ...spec, ...wrong })).rejects.toThrow(RejectedError);
      }
      expect((await listServers(cloud)).filter(({ name }) => name === spec.name)).toEqual([]);
    },
  },
  {
    verb: 'createServer',
    outcome:
      'an image without data causes a RejectedError, and data of another format an ERROR with the reason',
    seconds: LONG_SECONDS,
    run: async (context) => {
      const { cloud, spec } = await planServer(context);
      const image = await makeImage(context, cloud, { name: context.name('image'), diskFormat: 'qcow2' });
      const wrong = { ...spec, imageId: image.id };
      await expect(createServer(cloud, wrong)).rejects.toThrow(RejectedError);
      await upload(cloud, image.id, Buffer.from('no qcow2'));
      const { id } = await bootPlanned(context, cloud, wrong);
      const server = await poll('server to be in ERROR', LONG_SECONDS, async () => {
        const found = await findServer(cloud, id);
        return found?.status === 'ERROR' ? found : undefined;
      });
      expect(server.fault).toMatch(/^Build of instance .* aborted: Image .* is unacceptable/);
    },
  },
  {
    verb: 'deleteServer',
    outcome: 'a server in BUILD is deleted together with its port, and deleting it again succeeds',
    seconds: LONG_SECONDS,
    run: async (context) => {
      const { cloud, id } = await bootServer(context);
      await deleteServer(cloud, id);
      await waitUntilDeleted(cloud, id);
      await deleteServer(cloud, id);
      expect(await listServerPorts(cloud, id)).toEqual([]);
    },
  },
  {
    verb: 'findServer',
    outcome: 'a missing server returns undefined',
    run: async (context) => {
      expect(await findServer((await context.connect('builder')).withSignal(), randomUUID())).toBeUndefined();
    },
  },
  {
    verb: 'stopServer',
    outcome: 'a missing server causes a NotFoundError, also for getConsole and createServerImage',
    run: async (context) => {
      const cloud = (await context.connect('builder')).withSignal();
      const id = randomUUID();
      const image = { name: context.name('image'), metadata: {} };
      await expect(stopServer(cloud, id)).rejects.toThrow(NotFoundError);
      await expect(getConsole(cloud, id)).rejects.toThrow(NotFoundError);
      await expect(createServerImage(cloud, id, image)).rejects.toThrow(NotFoundError);
    },
  },
];
