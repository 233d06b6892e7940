import type { Cloud } from '../../src/openstack/cloud.ts';
import { listFlavors } from '../../src/openstack/flavors.ts';
import { createKeypair, deleteKeypair } from '../../src/openstack/keypairs.ts';
import { listNetworks } from '../../src/openstack/networks.ts';
import { createSecurityGroup, deleteSecurityGroup } from '../../src/openstack/security-groups.ts';
import {
  type Server,
  type ServerSpec,
  createServer,
  deleteServer,
  findServer,
} from '../../src/openstack/servers.ts';
import { generateSshKeyPair } from '../../src/system/ssh/ssh-keys.ts';
import type { CaseContext } from './contract.ts';
import { poll } from './poll.ts';

/** The timeout of a case with a server on the lab. */
export const LONG_SECONDS = 240;

const BOOT_SECONDS = 180;

/** Creates everything that a server of the builder needs; all of it is deleted at the end of the case. */
export async function planServer(context: CaseContext) {
  const cloud = (await context.connect('builder')).withSignal();
  const name = context.name('server');
  const group = await createSecurityGroup(cloud, name, 'of the contract');
  context.onEnd(() => deleteSecurityGroup(cloud, group.id));
  await createKeypair(cloud, { name, publicKey: generateSshKeyPair('contract').publicKey });
  context.onEnd(() => deleteKeypair(cloud, name));
  const spec = {
    name,
    imageId: await context.bootImage(),
    flavorId: idOf(await listFlavors(cloud), context.flavor),
    networkId: idOf(await listNetworks(cloud), context.network),
    securityGroupId: group.id,
    keypair: name,
    userData: '#!/bin/sh\necho hello >/dev/console\n',
    metadata: { image_builder_contract: 'yes' },
  };
  return { cloud, spec };
}

function idOf(all: readonly { readonly id: string; readonly name: string }[], nameOrId: string): string {
  const found = all.find(({ id, name }) => id === nameOrId || name === nameOrId);
  if (found === undefined) throw new Error(`the cloud has no flavor or network ${nameOrId}`);
  return found.id;
}

/** Creates a server and returns Nova's first record of it. */
export async function bootServer(context: CaseContext) {
  const { cloud, spec } = await planServer(context);
  return { cloud, spec, ...(await bootPlanned(context, cloud, spec)) };
}

/** Creates a server from this plan; it is deleted at the end of the case. */
export async function bootPlanned(context: CaseContext, cloud: Cloud, spec: ServerSpec) {
  const id = await createServer(cloud, spec);
  context.onEnd(async () => {
    await deleteServer(cloud, id);
    await waitUntilDeleted(cloud, id);
  });
  return { id, first: await findServer(cloud, id) };
}

/** Waits until the server has this status and no task. */
export function waitForServerStatus(cloud: Cloud, id: string, status: string): Promise<Server> {
  return poll(`server to be ${status}`, BOOT_SECONDS, async () => {
    const server = await findServer(cloud, id);
    if (server?.status === 'ERROR') throw new Error(`server in ERROR: ${server.fault ?? ''}`);
    return server?.status === status && server.taskState === undefined ? server : undefined;
  });
}

/** Waits until the server no longer exists. */
export function waitUntilDeleted(cloud: Cloud, id: string): Promise<true> {
  return poll('server to be gone', BOOT_SECONDS, async () => {
    return (await findServer(cloud, id)) === undefined ? true : undefined;
  });
}
