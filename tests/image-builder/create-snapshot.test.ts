import { describe, expect, test } from '@jest/globals';
import { waitForServer } from '../../src/image-builder/build/guest/reach-guest.ts';
import { StepFailedError } from '../../src/image-builder/steps.ts';
import { createSnapshot } from '../../src/image-builder/store.ts';
import { QCOW2_MAGIC } from '../../src/model/image/disk-format.ts';
import { UploadImageError } from '../../src/model/errors.ts';
import { listFlavors } from '../../src/openstack/flavors.ts';
import { listNetworks } from '../../src/openstack/networks.ts';
import { createServer, stopServer } from '../../src/openstack/servers.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { uuidOf } from '../support/uuid-of.ts';
import { TEST_TIMEOUTS, useTestTools } from './make-test-tools.ts';
import { useEmulator } from './use-emulator.ts';

const at = useEmulator();
const makeTools = useTestTools(at);
const NAME = 'app-noble-x64';

/** Boots a server, stops it, and returns its id. */
async function stopNewServer(): Promise<string> {
  const { cloud } = at;
  const { id: imageId } = at.add({ id: uuidOf('base'), name: 'base', data: Buffer.from(QCOW2_MAGIC) });
  const [flavor] = await listFlavors(cloud);
  const [network] = await listNetworks(cloud);
  const { userId } = at.openstack.account('builder');
  at.openstack.state.keypairs.push({ userId, name: 'k', public_key: 'ssh-rsa x', fingerprint: '' });
  const id = await createServer(cloud, {
    ...{ name: 'server', imageId, flavorId: flavor?.id ?? '', networkId: network?.id ?? '' },
    ...{ securityGroupId: 'lab-ssh', keypair: 'k', userData: '#!/bin/sh\n', metadata: {} },
  });
  await waitForServer(cloud, id, 'ACTIVE', { timeouts: TEST_TIMEOUTS });
  await stopServer(cloud, id);
  await waitForServer(cloud, id, 'SHUTOFF', { timeouts: TEST_TIMEOUTS });
  return id;
}

const request = (id: string, keepRevisions: number) => ({
  ...{ cloudName: 'builder', imageName: NAME, server: { id }, keepRevisions },
  properties: { os_distro: 'ubuntu' },
});

describe('createSnapshot', () => {
  test('A snapshot of a stopped server is an active image with the name and properties, and older ones are pruned', async () => {
    const id = await stopNewServer();
    at.add({ id: uuidOf('older'), name: NAME, image_builder_kind: 'runner' });
    const image = await createSnapshot(request(id, 1), makeTools().tools);
    expect(at.images.get(image.id)).toMatchObject({ name: NAME, status: 'active', os_distro: 'ubuntu' });
    expect(at.named().flatMap(({ id, name }) => (name === NAME ? [id] : []))).toEqual([image.id]);
  });

  test('A snapshot that Nova refuses is an UploadImageError and leaves no image', async () => {
    const id = await stopNewServer();
    at.disturb('POST /compute/v2.1/servers/:id/action', { status: 403 });
    const error = await failureOf(createSnapshot(request(id, 2), makeTools().tools));
    expect(error).toBeInstanceOf(StepFailedError);
    expect(error.cause).toBeInstanceOf(UploadImageError);
    expect(at.unfinished()).toEqual([]);
  });
});
