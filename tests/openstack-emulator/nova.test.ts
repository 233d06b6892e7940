import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConflictError, NotFoundError } from '../../src/model/cloud/cloud-errors.ts';
import { QCOW2_MAGIC } from '../../src/model/image/disk-format.ts';
import type { Cloud } from '../../src/openstack/cloud.ts';
import { listFlavors } from '../../src/openstack/flavors.ts';
import { listNetworks } from '../../src/openstack/networks.ts';
import { listServerPorts } from '../../src/openstack/ports.ts';
import {
  createServer,
  createServerImage,
  deleteServer,
  findServer,
  getConsole,
  stopServer,
} from '../../src/openstack/servers.ts';
import { poll } from '../contract/poll.ts';
import { type Connections, openConnections } from '../support/openstack/connections.ts';
import { type Emulator, startEmulator } from '../support/openstack/emulator.ts';

let emulator: Emulator;
let connections: Connections;
let cloud: Cloud;

async function open(speed: number): Promise<void> {
  emulator = await startEmulator({ speed });
  connections = openConnections(emulator);
  cloud = await connections.connect('builder');
}

beforeEach(() => open(1000));
afterEach(async () => {
  await connections.close();
  await emulator.close();
});

/** Replaces the emulator with one that is so slow that no operation ends during a test. */
async function slowDown(): Promise<void> {
  await connections.close();
  await emulator.close();
  await open(0.01);
}

async function boot(): Promise<string> {
  const image = emulator
    .cloud('a')
    .addImage({ name: 'base', owner: 'builder', data: Buffer.from(QCOW2_MAGIC) });
  const [flavor] = await listFlavors(cloud);
  const [network] = await listNetworks(cloud);
  emulator.cloud('a').state.keypairs.splice(0);
  const { userId } = emulator.cloud('a').state.accounts[0] ?? { userId: '' };
  emulator.cloud('a').state.keypairs.push({ userId, name: 'k', public_key: 'ssh-rsa x', fingerprint: '' });
  return createServer(cloud, {
    name: 'server',
    imageId: image.id,
    flavorId: flavor?.id ?? '',
    networkId: network?.id ?? '',
    securityGroupId: 'lab-ssh',
    keypair: 'k',
    userData: '#!/bin/sh\n',
    metadata: {},
  });
}

const awaitStatus = (id: string, status: string | undefined): Promise<true> =>
  poll(`server to be ${status ?? 'gone'}`, 20, async () => {
    const server = await findServer(cloud, id);
    return server?.status === status && server?.taskState === undefined ? true : undefined;
  });

describe('emulated Nova', () => {
  test('A server in BUILD rejects actions and has neither console nor port', async () => {
    await slowDown();
    const id = await boot();
    expect(await findServer(cloud, id)).toMatchObject({ status: 'BUILD', taskState: 'scheduling' });
    const image = { name: 'i', metadata: {} };
    await expect(createServerImage(cloud, id, image)).rejects.toThrow(ConflictError);
    await expect(createServerImage(cloud, id, image)).rejects.toThrow('in vm_state building');
    await expect(getConsole(cloud, id)).rejects.toThrow(NotFoundError);
    await stopServer(cloud, id); // stopServer ignores a 409
    expect(await listServerPorts(cloud, id)).toEqual([]);
    await deleteServer(cloud, id);
    await deleteServer(cloud, id);
    expect(await findServer(cloud, id)).toMatchObject({ status: 'BUILD', taskState: 'deleting' });
  });

  test('A fault set by failNextServer ends the next server in ERROR, and only that one', async () => {
    emulator.cloud('a').failNextServer('No valid host was found.');
    const failed = await boot();
    await awaitStatus(failed, 'ERROR');
    expect(await findServer(cloud, failed)).toMatchObject({
      fault: 'No valid host was found.',
      addresses: [],
    });
    await awaitStatus(await boot(), 'ACTIVE');
    await deleteServer(cloud, failed);
    await awaitStatus(failed, undefined);
  });

  test('A response names the requested microversion, and an unsupported one is rejected', async () => {
    const request = (version: string) =>
      cloud.compute.send({
        operation: 'list flavors',
        method: 'GET',
        path: '/flavors/detail',
        headers: { 'OpenStack-API-Version': `compute ${version}` },
      });
    expect((await request('2.45')).header('openstack-api-version')).toBe('compute 2.45');
    await expect(request('2.94')).rejects.toThrow('Version 2.94 is not supported by the API.');
  });

  test('Every server has its own address, and deleting a server deletes its port', async () => {
    const ids = [await boot(), await boot()];
    for (const id of ids) await awaitStatus(id, 'ACTIVE');
    const servers = await Promise.all(ids.map((id) => findServer(cloud, id)));
    const addresses = servers.flatMap((server) => server?.addresses ?? []);
    expect(new Set(addresses).size).toBe(2);
    expect(addresses.every((address) => address.startsWith('127.77.'))).toBe(true);
    for (const id of ids) await deleteServer(cloud, id);
    for (const id of ids) await awaitStatus(id, undefined);
    expect(emulator.inventory().a).toMatchObject({ servers: [], ports: [] });
  });
});
