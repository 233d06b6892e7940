import { describe, expect, test } from '@jest/globals';
import { UnexpectedAnswerError } from '../../src/model/cloud/cloud-errors.ts';
import {
  createServer,
  createServerImage,
  deleteServer,
  findServer,
  getConsole,
  listBootImageIds,
  stopServer,
} from '../../src/openstack/servers.ts';
import { failureOf, useHttpCloud } from '../support/cloud-fixture.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useHttpCloud();
const ACTION = `POST /v2.1/servers/${uuidOf('s1')}/action`;

describe('server', () => {
  test('A new server has a config drive, and its user data is sent in base64', async () => {
    at.http.on('POST /v2.1/servers', { status: 202, body: { server: { id: uuidOf('s1') } } });
    const spec = {
      name: 'n',
      imageId: uuidOf('i'),
      flavorId: 'f',
      networkId: uuidOf('net'),
      securityGroupId: 'g',
      keypair: 'k',
      userData: '#cloud-config\nä',
      metadata: { a: 'b' },
    };
    expect(await createServer(at.cloud, spec)).toBe(uuidOf('s1'));
    expect(at.http.requests('POST /v2.1/servers')[0]?.json).toEqual({
      server: {
        name: 'n',
        imageRef: uuidOf('i'),
        flavorRef: 'f',
        networks: [{ uuid: uuidOf('net') }],
        security_groups: [{ name: 'g' }],
        key_name: 'k',
        user_data: Buffer.from('#cloud-config\nä').toString('base64'),
        config_drive: true,
        metadata: { a: 'b' },
      },
    });
  });

  test('A server with a volume boots from it alone, and leaves it when it is deleted', async () => {
    at.http.on('POST /v2.1/servers', { status: 202, body: { server: { id: uuidOf('s1') } } });
    const ids = { imageId: uuidOf('i'), flavorId: 'f', networkId: uuidOf('net'), securityGroupId: 'g' };
    const rest = { name: 'n', keypair: 'k', userData: '', metadata: {} };
    await createServer(at.cloud, { ...ids, ...rest, volumeId: uuidOf('v') });
    const { server } = at.http.requests('POST /v2.1/servers')[0]?.json as { readonly server: object };
    expect(server).not.toHaveProperty('imageRef');
    expect(server).toMatchObject({
      block_device_mapping_v2: [
        {
          uuid: uuidOf('v'),
          source_type: 'volume',
          destination_type: 'volume',
          boot_index: 0,
          delete_on_termination: false,
        },
      ],
    });
  });

  test('A server is decoded with its addresses, task and fault', async () => {
    at.http.on(`GET /v2.1/servers/${uuidOf('s1')}`, {
      body: {
        server: {
          id: uuidOf('s1'),
          name: 'n',
          status: 'ERROR',
          created: '2026-11-21T08:00:00Z',
          metadata: { a: 'b' },
          addresses: { one: [{ addr: '10.0.0.1', version: 4 }], two: [{ addr: 'fd00::1' }] },
          image: { id: uuidOf('i') },
          fault: { message: 'No valid host', code: 500 },
          'OS-EXT-STS:task_state': 'spawning',
        },
      },
    });
    expect(await findServer(at.cloud, uuidOf('s1'))).toEqual({
      id: uuidOf('s1'),
      name: 'n',
      status: 'ERROR',
      createdAt: '2026-11-21T08:00:00Z',
      metadata: { a: 'b' },
      addresses: ['10.0.0.1', 'fd00::1'],
      fault: 'No valid host',
      taskState: 'spawning',
    });
  });

  test('The images of servers are listed even for a server that is odd otherwise, and none for one with a volume', async () => {
    const servers = [
      { id: uuidOf('s1'), image: '' },
      { name: null, image: { id: uuidOf('i2') } },
      { id: uuidOf('s3'), image: null },
    ];
    at.http.on('GET /v2.1/servers/detail', { body: { servers } });
    expect([...(await listBootImageIds(at.cloud))]).toEqual([uuidOf('i2')]);
  });

  test('A missing server is undefined, and deleting it succeeds', async () => {
    expect(await findServer(at.cloud, uuidOf('s1'))).toBeUndefined();
    await deleteServer(at.cloud, uuidOf('s1'));
  });

  test('Stopping a stopped server succeeds', async () => {
    at.http.on(ACTION, { status: 409, body: { conflictingRequest: { message: 'is stopped' } } });
    await stopServer(at.cloud, uuidOf('s1'));
    expect(at.http.requests(ACTION)[0]?.json).toEqual({ 'os-stop': null });
  });

  test('Stopping a missing server fails', async () => {
    await expect(stopServer(at.cloud, uuidOf('s1'))).rejects.toMatchObject({ name: 'NotFoundError' });
  });

  test('Reading the console is retried after 503, although the request is a POST', async () => {
    at.http.on(ACTION, [{ status: 503 }, { body: { output: 'login:' } }]);
    expect(await getConsole(at.cloud, uuidOf('s1'))).toBe('login:');
  });

  test('A console without output is an empty string', async () => {
    at.http.on(ACTION, { body: { output: null } });
    expect(await getConsole(at.cloud, uuidOf('s1'))).toBe('');
  });
});

describe('server image', () => {
  const request = { name: 'noble.building-b1', metadata: { a: 'b' } };

  test('A server image is requested with the microversion that returns its id in the body', async () => {
    at.http.on(ACTION, { status: 202, body: { image_id: uuidOf('i9') } });
    expect(await createServerImage(at.cloud, uuidOf('s1'), request)).toBe(uuidOf('i9'));
    const [asked] = at.http.requests(ACTION);
    expect(asked?.headers['openstack-api-version']).toBe('compute 2.45');
    expect(asked?.json).toEqual({ createImage: request });
  });

  test('The id of a server image is taken from the Location header when Nova ignores the microversion', async () => {
    const id = '7c0f2a5e-9a77-4b6a-9f0d-1f1f0c0b2a3d';
    at.http.on(ACTION, { status: 202, headers: { location: `http://internal:9292/v2/images/${id}` } });
    expect(await createServerImage(at.cloud, uuidOf('s1'), request)).toBe(id);
  });

  test.each([
    ['no body', { status: 202 }],
    ['a Location that ends with no id', { status: 202, headers: { location: 'http://x/images/i9' } }],
  ])('A request for a server image fails when Nova returns %s', async (_, answer) => {
    at.http.on(ACTION, answer);
    const error = await failureOf(createServerImage(at.cloud, uuidOf('s1'), request));
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(error.message).toMatch(
      'create image noble.building-b1: the compute service of cloud c1 returned no',
    );
  });
});
