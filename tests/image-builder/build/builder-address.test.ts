import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  chooseFloatingNetwork,
  createBuilderAddress,
  removeBuilderAddress,
} from '../../../src/image-builder/build/builder-address.ts';
import { sweepLeftovers } from '../../../src/image-builder/cleanup/sweep.ts';
import { AddressNotFoundError, NetworkNotFoundError } from '../../../src/model/errors.ts';
import {
  encodeFloatingIpDescription,
  findFloatingIpMetadata,
} from '../../../src/image-builder/floating-ip-description.ts';
import { OWNER_KEYS, encodeOwner } from '../../../src/model/owner.ts';
import { listFloatingIps } from '../../../src/openstack/floating-ips.ts';
import { failureOf, useHttpCloud } from '../../support/cloud-fixture.ts';
import { OWNER, useTestTools } from '../make-test-tools.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useHttpCloud();
const makeTools = useTestTools(at);
const LIST = 'GET /v2.0/floatingips';
const CREATE = 'POST /v2.0/floatingips';

const floatingIp = (id: string, description: string, created_at = '2026-11-21T07:00:00Z') => ({
  ...{ id: uuidOf(id), floating_ip_address: `198.51.100.${id.length}`, description, created_at },
  ...{ status: 'ACTIVE', port_id: null, router_id: null, project_id: 'project-1' },
});
const of = (process: string, owner = OWNER) => encodeFloatingIpDescription(owner, process);
const deleted = () =>
  at.http.requests('DELETE /v2.0/floatingips/*').map(({ url }) => url.pathname.split('/').at(-1));

beforeEach(() => {
  at.http.on('DELETE /v2.0/floatingips/*', { status: 204 });
});

describe('the external network of a build', () => {
  const network = (id: string, name: string, isExternal: boolean) => {
    return { id, name, status: 'ACTIVE', subnets: ['s'], 'router:external': isExternal };
  };
  const networks = [network('n1', 'own', false), network('n2', 'public', true), network('n3', 'other', true)];

  test('An external network is chosen by name or id, and none when none is wanted', () => {
    expect(chooseFloatingNetwork(networks, 'public')?.id).toBe('n2');
    expect(chooseFloatingNetwork(networks, 'n3')?.id).toBe('n3');
    expect(chooseFloatingNetwork(networks, '')).toBeUndefined();
  });

  test.each(['own', 'nope'])('The network %s is refused with the external networks', (wanted) => {
    const choose = () => chooseFloatingNetwork(networks, wanted);
    expect(choose).toThrow(NetworkNotFoundError);
    expect(choose).toThrow(
      `--floating-network: expected one of the external networks (public, other), got ${wanted}`,
    );
  });
});

describe('the floating IP of a build server', () => {
  test('A floating IP leads to the port of the server and names its owner', async () => {
    at.http.on('GET /v2.0/ports', { body: { ports: [{ id: uuidOf('p1') }] } });
    at.http.on(CREATE, { status: 201, body: { floatingip: floatingIp('f1', '') } });
    const { tools } = makeTools();
    expect(await createBuilderAddress(at.cloud, { id: 'n2' }, uuidOf('s1'), tools)).toMatchObject({
      id: uuidOf('f1'),
    });
    const { floatingip } = at.http.requests(CREATE)[0]?.json as {
      readonly floatingip: { readonly description: string };
    };
    expect(floatingip).toMatchObject({ floating_network_id: 'n2', port_id: uuidOf('p1') });
    expect(floatingip.description.length).toBeLessThanOrEqual(255);
    expect(findFloatingIpMetadata(floatingip.description, OWNER)).toMatchObject({
      image_builder_application: 'builder',
      image_builder_process: 'own',
    });
  });

  test('A port that another server of Neutron does not know yet is asked for again', async () => {
    at.http.on('GET /v2.0/ports', { body: { ports: [{ id: uuidOf('p1') }] } });
    const unknown = {
      NeutronError: { type: 'PortNotFound', message: 'Port could not be found.', detail: '' },
    };
    const created = { status: 201, body: { floatingip: floatingIp('f1', '') } };
    at.http.on(CREATE, [{ status: 404, body: unknown }, created]);
    const creation = createBuilderAddress(at.cloud, { id: 'n2' }, uuidOf('s1'), makeTools().tools);
    await expect(creation).resolves.toMatchObject({ id: uuidOf('f1') });
  });

  test('A server without a port is reported', async () => {
    at.http.on('GET /v2.0/ports', { body: { ports: [] } });
    const creation = createBuilderAddress(at.cloud, { id: 'n2' }, uuidOf('s1'), makeTools().tools);
    expect(await failureOf(creation)).toBeInstanceOf(AddressNotFoundError);
    expect(at.http.requests(CREATE)).toEqual([]);
  });

  test('A floating IP is released by its id, and after a lost response by the description of this build', async () => {
    const other = { ...OWNER, buildId: 'b2' };
    const known = [floatingIp('f1', of('own')), floatingIp('f2', of('own', other)), floatingIp('f3', 'mine')];
    at.http.on(LIST, { body: { floatingips: known } });
    const { tools } = makeTools();
    await removeBuilderAddress(at.cloud, 'f9', tools);
    await removeBuilderAddress(at.cloud, undefined, tools);
    expect(deleted()).toEqual(['f9', uuidOf('f1')]);
  });
});

describe('the description of a floating IP', () => {
  const process = `${'a'.repeat(16)}.4194304.${'9'.repeat(20)}`;
  const long = {
    ...OWNER,
    application: `${'ä"'.repeat(127)}x`,
    modelUuid: 'm'.repeat(255),
    buildId: 'b'.repeat(63),
  };

  test('The description of an owner with the longest names fits into 255 characters and is recognised', () => {
    const description = encodeFloatingIpDescription(long, process);
    expect(description.length).toBeLessThanOrEqual(255);
    expect(findFloatingIpMetadata(description, long)).toEqual({
      image_builder_application: long.application,
      image_builder_model_uuid: long.modelUuid,
      image_builder_build_id: long.buildId,
      image_builder_process: process,
    });
  });

  test('The description of an owner with long names is not recognised as that of another one', () => {
    const description = encodeFloatingIpDescription(long, process);
    for (const other of [
      { ...long, application: `${long.application.slice(1)}y` },
      { ...long, modelUuid: '' },
    ]) {
      expect(findFloatingIpMetadata(description, other)).not.toMatchObject({
        image_builder_application: other.application,
        image_builder_model_uuid: other.modelUuid,
      });
    }
  });
});

describe('the sweep of floating IPs', () => {
  test('A sweep releases floating IPs of dead builds only', async () => {
    at.http.on('GET /v2.1/servers/detail', { body: { servers: [] } });
    at.http.on('GET /v2.1/os-keypairs', { body: { keypairs: [] } });
    at.http.on('GET /v2/images', { body: { images: [] } });
    at.http.on(LIST, {
      body: {
        floatingips: [
          floatingIp('dead', of('dead')),
          floatingIp('live', of('alive')),
          floatingIp('theirs', of('dead', { ...OWNER, application: 'other' })),
          floatingIp('model', of('dead', { ...OWNER, modelUuid: 'model-2' })),
          floatingIp('old', of('far'), '2026-11-01T08:00:00Z'),
          floatingIp('young', of('far')),
          floatingIp('long', of('dead', { ...OWNER, application: 'a'.repeat(255) })),
          ...['', 'image-builder', 'image-builder [1]', 'image-builder {', 'image-builder ["a"]'].map(
            (text, index) => floatingIp(`odd${index}`, text),
          ),
        ],
      },
    });
    const { tools, warnings } = makeTools();
    expect(await sweepLeftovers(at.cloud, tools)).toEqual([
      `floating IP 198.51.100.4 (${uuidOf('dead')})`,
      `floating IP 198.51.100.3 (${uuidOf('old')})`,
    ]);
    expect([deleted(), warnings]).toEqual([[uuidOf('dead'), uuidOf('old')], []]);
  });

  test('A sweep releases the floating IPs of an owner with a long name', async () => {
    at.http.on('GET /v2.1/servers/detail', { body: { servers: [] } });
    at.http.on('GET /v2.1/os-keypairs', { body: { keypairs: [] } });
    at.http.on('GET /v2/images', { body: { images: [] } });
    const owner = { ...OWNER, application: 'a'.repeat(255) };
    const known = [
      floatingIp('f1', of('dead', owner)),
      floatingIp('f2', of('dead')),
      floatingIp('f3', of('alive', owner)),
    ];
    at.http.on(LIST, { body: { floatingips: known } });
    await sweepLeftovers(at.cloud, { ...makeTools().tools, owner });
    expect(deleted()).toEqual([uuidOf('f1')]);
  });

  test('A sweep keeps the floating IP of a server that is kept for a person', async () => {
    const metadata = { ...encodeOwner(OWNER), [OWNER_KEYS.keptUntil]: '2026-11-22T08:00:00.000Z' };
    const server = { id: uuidOf('s1'), name: 'kept', status: 'ACTIVE', metadata };
    at.http.on('GET /v2.1/servers/detail', { body: { servers: [server] } });
    at.http.on('GET /v2.1/os-keypairs', { body: { keypairs: [] } });
    at.http.on('GET /v2/images', { body: { images: [] } });
    const other = of('dead', { ...OWNER, buildId: 'b2' });
    at.http.on(LIST, { body: { floatingips: [floatingIp('kept', of('dead')), floatingIp('dead', other)] } });
    await sweepLeftovers(at.cloud, makeTools().tools);
    expect(deleted()).toEqual([uuidOf('dead')]);
  });

  test('A cloud without routers has no floating IPs', async () => {
    at.http.on(LIST, {
      status: 404,
      body: { NeutronError: { message: 'The resource could not be found.' } },
    });
    expect(await listFloatingIps(at.cloud)).toEqual([]);
  });
});
