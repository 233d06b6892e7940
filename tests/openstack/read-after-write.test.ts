import { describe, expect, test } from '@jest/globals';
import { NotFoundError } from '../../src/model/cloud/cloud-errors.ts';
import { createFloatingIp } from '../../src/openstack/floating-ips.ts';
import { createImageMember, deleteImageMember } from '../../src/openstack/image-members.ts';
import { createImage, deleteImage, findImage } from '../../src/openstack/images.ts';
import { createKeypair, deleteKeypair } from '../../src/openstack/keypairs.ts';
import { createIngressRule, createSecurityGroup } from '../../src/openstack/security-groups.ts';
import {
  createServer,
  createServerImage,
  deleteServer,
  findServer,
  getConsole,
} from '../../src/openstack/servers.ts';
import { failureOf, useHttpCloud } from '../support/cloud-fixture.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useHttpCloud();
const SERVER = `GET /v2.1/servers/${uuidOf('s1')}`;
const IMAGE = `GET /v2/images/${uuidOf('i1')}`;
const missing = { status: 404, body: { itemNotFound: { message: 'Instance s1 could not be found.' } } };
const server = { body: { server: { id: uuidOf('s1'), name: 'n', status: 'BUILD' } } };
const image = { id: uuidOf('i1'), name: 'n', status: 'queued' };
const spec = {
  name: 'n',
  imageId: uuidOf('i'),
  flavorId: 'f',
  networkId: uuidOf('net'),
  securityGroupId: 'g',
  keypair: 'k',
  userData: '',
  metadata: {},
};

async function createServerS1(): Promise<void> {
  at.http.on('POST /v2.1/servers', { status: 202, body: { server: { id: uuidOf('s1') } } });
  await createServer(at.cloud, spec);
}

async function createImageI1(): Promise<void> {
  at.http.on('POST /v2/images', { status: 201, body: image });
  await createImage(at.cloud, { name: 'n', diskFormat: 'raw', properties: {} });
}

describe('a resource that was just created and that other API servers do not know yet', () => {
  test('A new server is looked for again after 404, with pauses that grow and vary', async () => {
    await createServerS1();
    at.http.on(SERVER, [missing, missing, missing, server]);
    expect(await findServer(at.cloud, uuidOf('s1'))).toMatchObject({ id: uuidOf('s1') });
    const [first = 0, second = 0, third = 0] = at.clock.naps;
    expect([first >= 250, first <= 500]).toEqual([true, true]);
    expect([second >= 500, second <= 1000, third >= 1000, third <= 2000]).toEqual([true, true, true, true]);
  });

  test('A new server that stays missing for ten seconds is gone', async () => {
    await createServerS1();
    const before = at.clock.now();
    expect(await findServer(at.cloud, uuidOf('s1'))).toBeUndefined();
    expect(at.clock.now() - before).toBeGreaterThanOrEqual(10_000);
    expect(at.clock.now() - before).toBeLessThan(20_000);
    expect(at.http.requests(SERVER).length).toBeLessThan(10);
    expect(await findServer(at.cloud, uuidOf('s1'))).toBeUndefined(); // at once
  });

  test('A new image and the image of a server are looked for again', async () => {
    await createImageI1();
    at.http.on(IMAGE, [{ status: 404 }, { body: image }]);
    expect(await findImage(at.cloud, uuidOf('i1'))).toMatchObject({ id: uuidOf('i1') });

    at.http.on(`POST /v2.1/servers/${uuidOf('s1')}/action`, {
      status: 202,
      body: { image_id: uuidOf('i2') },
    });
    await createServerImage(at.cloud, uuidOf('s1'), { name: 'n', metadata: {} });
    at.http.on(`GET /v2/images/${uuidOf('i2')}`, [{ status: 404 }, { body: { ...image, id: uuidOf('i2') } }]);
    expect(await findImage(at.cloud, uuidOf('i2'))).toMatchObject({ id: uuidOf('i2') });
  });

  test('The console of a new server, a member of a new image and a new keypair are asked for again', async () => {
    await createServerS1();
    await createImageI1();
    at.http.on(`POST /v2.1/servers/${uuidOf('s1')}/action`, [missing, { body: { output: 'login:' } }]);
    expect(await getConsole(at.cloud, uuidOf('s1'))).toBe('login:');

    at.http.on(`POST /v2/images/${uuidOf('i1')}/members`, [{ status: 404 }, { body: {} }]);
    expect(await createImageMember(at.cloud, uuidOf('i1'), 'p2')).toBe(true);

    at.http.on('POST /v2.1/os-keypairs', { status: 201, body: {} });
    await createKeypair(at.cloud, { name: 'a b', publicKey: 'ssh-rsa AAAA' });
    at.http.on('DELETE /v2.1/os-keypairs/a%20b', [{ status: 404 }, { status: 202 }]);
    await deleteKeypair(at.cloud, 'a b');
    expect(at.http.requests('DELETE /v2.1/os-keypairs/a%20b')).toHaveLength(2);
  });

  test('A rule that names its new security group in the body is sent again after 404', async () => {
    const unknown = {
      status: 404,
      body: { NeutronError: { type: 'NotFound', message: 'could not be found', detail: '' } },
    };
    const group = { id: uuidOf('g1'), name: 'g', security_group_rules: [] };
    at.http.on('POST /v2.0/security-groups', { status: 201, body: { security_group: group } });
    at.http.on('POST /v2.0/security-group-rules', [unknown, unknown, { status: 201, body: {} }]);
    const { id } = await createSecurityGroup(at.cloud, 'g', '');
    await createIngressRule(at.cloud, id, { protocol: 'tcp', port: 22 });
    expect(at.http.requests('POST /v2.0/security-group-rules')).toHaveLength(3);
  });

  test('A new server that another API server does not know is deleted all the same', async () => {
    await createServerS1();
    at.http.on(`DELETE /v2.1/servers/${uuidOf('s1')}`, [missing, { status: 204 }]);
    await deleteServer(at.cloud, uuidOf('s1'));
    expect(at.http.requests(`DELETE /v2.1/servers/${uuidOf('s1')}`)).toHaveLength(2);
  });
});

describe('a resource that is really missing', () => {
  test('A deleted image is gone at once, however new it was', async () => {
    await createImageI1();
    at.http.on(`DELETE /v2/images/${uuidOf('i1')}`, { status: 204 });
    await deleteImage(at.cloud, uuidOf('i1'));
    expect(await findImage(at.cloud, uuidOf('i1'))).toBeUndefined();
    expect(at.clock.naps).toEqual([]);
  });

  test('The removal of a member leaves its image new', async () => {
    await createImageI1();
    at.http.on(`DELETE /v2/images/${uuidOf('i1')}/members/p2`, { status: 204 });
    await deleteImageMember(at.cloud, uuidOf('i1'), 'p2');
    at.http.on(IMAGE, [{ status: 404 }, { body: image }]);
    expect(await findImage(at.cloud, uuidOf('i1'))).toBeDefined();
  });

  test('A call that names only other resources in its body fails at the first 404', async () => {
    await createServerS1();
    const spec = { networkId: uuidOf('net'), portId: uuidOf('p2'), description: '' };
    expect(await failureOf(createFloatingIp(at.cloud, spec))).toBeInstanceOf(NotFoundError);
    expect(at.clock.naps).toEqual([]);
  });

  test('A resource of others is gone at the first 404', async () => {
    await createServerS1();
    expect(await findServer(at.cloud, uuidOf('s2'))).toBeUndefined();
    expect(await failureOf(getConsole(at.cloud, uuidOf('s2')))).toBeInstanceOf(NotFoundError);
    expect(at.clock.naps).toEqual([]);
  });
});
