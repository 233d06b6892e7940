import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { UnexpectedAnswerError } from '../../src/model/cloud/cloud-errors.ts';
import type { CloudConnection } from '../../src/openstack/cloud.ts';
import { listFlavors } from '../../src/openstack/flavors.ts';
import { listImageMembers } from '../../src/openstack/image-members.ts';
import { findImage, listImages } from '../../src/openstack/images.ts';
import { listKeypairs } from '../../src/openstack/keypairs.ts';
import { listNetworks } from '../../src/openstack/networks.ts';
import { listServerPorts } from '../../src/openstack/ports.ts';
import { listSecurityGroups } from '../../src/openstack/security-groups.ts';
import { createServerImage, findServer, listServers } from '../../src/openstack/servers.ts';
import { failureOf, useHttpCloud } from '../support/cloud-fixture.ts';
import { connectTo } from '../support/http-connect.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useHttpCloud();
let connection: CloudConnection;
let warnings: string[];

beforeEach(async () => {
  warnings = [];
  connection = await connectTo(at.http.origin, {
    clock: at.clock,
    warn: (message) => warnings.push(message),
  });
});
afterEach(() => connection.close());

const LONG = 'x'.repeat(256);

const cloud = () => connection.withSignal();
const idsOf = (found: readonly { readonly id: string }[]): readonly string[] => found.map(({ id }) => id);
const image = (id: string, change: object = {}) => ({ id, status: 'active', owner: 'project-1', ...change });

describe('odd elements of lists', () => {
  test('A server of a cell that is down is skipped, and the others are listed', async () => {
    const down = { id: uuidOf('s1'), status: 'UNKNOWN', tenant_id: 'project-1', links: [] };
    at.http.on('GET /v2.1/servers/detail', {
      body: { servers: [down, { id: uuidOf('s2'), name: 'two', status: 'ACTIVE' }] },
    });
    expect(idsOf(await listServers(cloud()))).toEqual([uuidOf('s2')]);
    expect(warnings).toEqual([
      'cloud c1: skipped one of its servers: servers[0].name: expected a text of 1 to 255 characters, got nothing',
    ]);
  });

  test('A keypair without a public key, a flavor without a size and a network without an id are skipped', async () => {
    at.http.on('GET /v2.1/os-keypairs', {
      body: {
        keypairs: [
          { keypair: { name: 'x509', public_key: null } },
          { keypair: { name: 'k', public_key: 'a b' } },
          7,
        ],
      },
    });
    at.http.on('GET /v2.1/flavors/detail', {
      body: {
        flavors: [
          { id: 'f1', name: 'odd', vcpus: 'N/A', ram: 1, disk: 1 },
          { id: 'f2', name: 'f2', vcpus: 1, ram: 1, disk: 1 },
        ],
      },
    });
    at.http.on('GET /v2.0/networks', {
      body: { networks: [{ name: 'odd' }, { id: '../n1' }, null, { id: uuidOf('n2') }] },
    });
    expect((await listKeypairs(cloud())).map(({ name }) => name)).toEqual(['k']);
    expect(idsOf(await listFlavors(cloud()))).toEqual(['f2']);
    expect(idsOf(await listNetworks(cloud()))).toEqual([uuidOf('n2')]);
  });

  test('A rule of a security group that does not decode is skipped, and the group with its other rules is used', async () => {
    const rule = { direction: 'ingress', ethertype: 'IPv4', protocol: 'icmp' };
    const rules = [rule, { ...rule, direction: null }, { ...rule, port_range_min: '22' }];
    at.http.on('GET /v2.0/security-groups', {
      body: { security_groups: [{ id: uuidOf('g'), name: 'g', security_group_rules: rules }] },
    });
    expect((await listSecurityGroups(cloud(), 'g'))[0]?.rules).toHaveLength(1);
    expect(warnings).toHaveLength(1);
  });

  test('An image with empty texts where Glance has null is used, in a list and alone', async () => {
    const odd = image(uuidOf('i1'), { checksum: '', disk_format: '', os_hash_algo: '', os_hash_value: '' });
    at.http.on('GET /v2/images', { body: { images: [odd, image(uuidOf('i2'), { size: 'big' })], next: '' } });
    at.http.on(`GET /v2/images/${uuidOf('i1')}`, { body: odd });
    expect(idsOf(await listImages(cloud()))).toEqual([uuidOf('i1')]);
    expect(await findImage(cloud(), uuidOf('i1'))).toMatchObject({ checksum: undefined, hash: undefined });
  });

  test.each(['', ' ', 'i2', '../x', 'x'.repeat(150_000)])(
    'A server, an image, a port and a network whose id is no UUID are skipped, with one warning each (%#)',
    async (odd) => {
      const [good, server] = [uuidOf('good'), { name: 'n', status: 'ACTIVE' }];
      const ids = [odd, good, odd].map((id) => ({ id }));
      at.http.on('GET /v2.1/servers/detail', { body: { servers: ids.map(({ id }) => ({ ...server, id })) } });
      at.http.on('GET /v2/images', { body: { images: ids.map(({ id }) => image(id)) } });
      at.http.on('GET /v2.0/ports', { body: { ports: ids } });
      at.http.on('GET /v2.0/networks', { body: { networks: ids } });
      expect(idsOf(await listServers(cloud()))).toEqual([good]);
      expect(idsOf(await listImages(cloud()))).toEqual([good]);
      expect(idsOf(await listServerPorts(cloud(), good))).toEqual([good]);
      expect(idsOf(await listNetworks(cloud()))).toEqual([good]);
      expect(warnings).toHaveLength(4);
      for (const warning of warnings) expect(warning).toMatch(/\[0\]\.id: expected a UUID, got /);
    },
  );

  test.each(['', ' ', '../x', 'x'.repeat(150_000)])(
    'A resource of ours that is answered with an id that is no UUID is an UnexpectedAnswerError (%#)',
    async (odd) => {
      const id = uuidOf('s1');
      at.http.on(`GET /v2.1/servers/${id}`, { body: { server: { id: odd, name: 'n', status: 'ACTIVE' } } });
      at.http.on(`GET /v2/images/${id}`, { body: image(odd) });
      at.http.on(`POST /v2.1/servers/${id}/action`, { status: 202, body: { image_id: odd } });
      for (const read of [
        () => findServer(cloud(), id),
        () => findImage(cloud(), id),
        () => createServerImage(cloud(), id, { name: 'n', metadata: {} }),
      ]) {
        const error = await failureOf(read());
        expect(error).toBeInstanceOf(UnexpectedAnswerError);
        expect(error.message.length).toBeLessThan(400);
      }
    },
  );

  test.each<object>([
    { name: LONG },
    { status: LONG },
    { created: LONG },
    { metadata: { key: LONG } },
    { metadata: { [LONG]: 'value' } },
    { metadata: Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`key-${index}`, ''])) },
    { addresses: { net: [{ addr: LONG }] } },
    { 'OS-EXT-STS:task_state': LONG },
  ])(
    'A server with a text that is too long, or too many tags, is skipped with a short warning (%#)',
    async (odd) => {
      const server = { id: uuidOf('s1'), name: 'n', status: 'ACTIVE' };
      const servers = [
        { ...server, ...odd },
        { ...server, id: uuidOf('s2') },
      ];
      at.http.on('GET /v2.1/servers/detail', { body: { servers } });
      expect(idsOf(await listServers(cloud()))).toEqual([uuidOf('s2')]);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]?.length).toBeLessThan(400);
    },
  );

  test('A fault of a server is cut, because it may quote anything', async () => {
    const fault = { message: LONG.repeat(100) };
    const server = { id: uuidOf('s1'), name: 'n', status: 'ERROR', fault };
    at.http.on(`GET /v2.1/servers/${uuidOf('s1')}`, { body: { server } });
    expect((await findServer(cloud(), uuidOf('s1')))?.fault).toHaveLength(2000);
  });

  test('An image is used without its properties that are too long', async () => {
    const odd = { description: LONG, [LONG]: 'value', hw_disk_bus: 'scsi' };
    at.http.on('GET /v2/images', { body: { images: [image(uuidOf('i1'), odd)] } });
    const [found] = await listImages(cloud());
    expect(found?.properties).toMatchObject({ hw_disk_bus: 'scsi' });
    expect(Object.keys(found?.properties ?? {})).not.toContain('description');
    expect(Object.keys(found?.properties ?? {})).not.toContain(LONG);
    expect(warnings).toEqual([]);
  });

  test('A flavor may have any text of up to 255 characters as id', async () => {
    const flavor = (id: string) => ({ id, name: 'f', vcpus: 1, ram: 1, disk: 1 });
    const flavors = ['m1.small', '4', 'x'.repeat(255), 'x'.repeat(256), ''].map(flavor);
    at.http.on('GET /v2.1/flavors/detail', { body: { flavors } });
    expect(idsOf(await listFlavors(cloud()))).toEqual(['m1.small', '4', 'x'.repeat(255)]);
  });

  test('Skipped elements of one kind are logged once for each cloud', async () => {
    at.http.on('GET /v2.0/ports', { body: { ports: [{}, {}] } });
    at.http.on('GET /v2.0/networks', { body: { networks: [{}] } });
    await listServerPorts(cloud(), uuidOf('s1'));
    await listServerPorts(cloud(), uuidOf('s2'));
    await listNetworks(cloud());
    expect(warnings.map((warning) => warning.split(':')[1])).toEqual([
      ' skipped one of its ports',
      ' skipped one of its networks',
    ]);
  });

  test('A single resource that does not decode is an UnexpectedAnswerError', async () => {
    at.http.on(`GET /v2/images/${uuidOf('i1')}`, { body: { id: uuidOf('i1'), status: null } });
    expect(await failureOf(findImage(cloud(), uuidOf('i1')))).toBeInstanceOf(UnexpectedAnswerError);
  });

  test('A member that does not decode is not skipped, because an image without members may be deleted', async () => {
    at.http.on(`GET /v2/images/${uuidOf('i1')}/members`, {
      body: { members: [{ member_id: 'p', status: null }] },
    });
    expect(await failureOf(listImageMembers(cloud(), uuidOf('i1')))).toBeInstanceOf(UnexpectedAnswerError);
  });
});

describe('bounds of lists', () => {
  test('A page of 100,000 elements makes the list fail with an error of that cloud', async () => {
    at.http.on('GET /v2.0/networks', { body: { networks: Array(100_000).fill(0) } });
    const error = await failureOf(listNetworks(cloud()));
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(error.message).toMatch('the network service of cloud c1 returned more than 20000 networks');
  });

  test('A list of endless pages fails with an error of that cloud', async () => {
    let page = 0;
    at.http.on('GET /v2/images', () => ({ body: { images: [], next: `/v2/images?marker=${(page += 1)}` } }));
    const error = await failureOf(listImages(cloud()));
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(error.message).toMatch('returned more than 1000 pages');
  });
});
