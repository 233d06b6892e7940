import { describe, expect, test } from '@jest/globals';
import { UnexpectedAnswerError } from '../../src/model/cloud-errors.ts';
import {
  createServer,
  createServerImage,
  deleteServer,
  findServer,
  getConsole,
  stopServer,
} from '../../src/openstack/servers.ts';
import { failureOf, useHttpCloud } from '../support/cloud-fixture.ts';

const at = useHttpCloud();
const ACTION = 'POST /v2.1/servers/s1/action';

describe('server', () => {
  test('A new server has a config drive, and its user data is sent in base64', async () => {
    at.http.on('POST /v2.1/servers', { status: 202, body: { server: { id: 's1' } } });
    const spec = {
      name: 'n',
      imageId: 'i',
      flavorId: 'f',
      networkId: 'net',
      securityGroupId: 'g',
      keypair: 'k',
      userData: '#cloud-config\nä',
      metadata: { a: 'b' },
    };
    expect(await createServer(at.cloud, spec)).toBe('s1');
    expect(at.http.requests('POST /v2.1/servers')[0]?.json).toEqual({
      server: {
        name: 'n',
        imageRef: 'i',
        flavorRef: 'f',
        networks: [{ uuid: 'net' }],
        security_groups: [{ name: 'g' }],
        key_name: 'k',
        user_data: Buffer.from('#cloud-config\nä').toString('base64'),
        config_drive: true,
        metadata: { a: 'b' },
      },
    });
  });

  test('A server is decoded with its addresses, task and fault', async () => {
    at.http.on('GET /v2.1/servers/s1', {
      body: {
        server: {
          id: 's1',
          name: 'n',
          status: 'ERROR',
          created: '2026-11-21T08:00:00Z',
          metadata: { a: 'b' },
          addresses: { one: [{ addr: '10.0.0.1', version: 4 }], two: [{ addr: 'fd00::1' }] },
          image: { id: 'i' },
          fault: { message: 'No valid host', code: 500 },
          'OS-EXT-STS:task_state': 'spawning',
        },
      },
    });
    expect(await findServer(at.cloud, 's1')).toEqual({
      id: 's1',
      name: 'n',
      status: 'ERROR',
      createdAt: '2026-11-21T08:00:00Z',
      metadata: { a: 'b' },
      addresses: ['10.0.0.1', 'fd00::1'],
      imageId: 'i',
      fault: 'No valid host',
      taskState: 'spawning',
    });
  });

  test('A server that was booted from a volume has no image', async () => {
    at.http.on('GET /v2.1/servers/s1', {
      body: { server: { id: 's1', name: 'n', status: 'ACTIVE', image: '' } },
    });
    expect(await findServer(at.cloud, 's1')).toMatchObject({ imageId: undefined, taskState: undefined });
  });

  test('A missing server is undefined, and deleting it succeeds', async () => {
    expect(await findServer(at.cloud, 's1')).toBeUndefined();
    await deleteServer(at.cloud, 's1');
  });

  test('Stopping a stopped server succeeds', async () => {
    at.http.on(ACTION, { status: 409, body: { conflictingRequest: { message: 'is stopped' } } });
    await stopServer(at.cloud, 's1');
    expect(at.http.requests(ACTION)[0]?.json).toEqual({ 'os-stop': null });
  });

  test('Stopping a missing server fails', async () => {
    await expect(stopServer(at.cloud, 's1')).rejects.toMatchObject({ name: 'NotFoundError' });
  });

  test('Reading the console is retried after 503, although the request is a POST', async () => {
    at.http.on(ACTION, [{ status: 503 }, { body: { output: 'login:' } }]);
    expect(await getConsole(at.cloud, 's1')).toBe('login:');
  });

  test('A console without output is an empty string', async () => {
    at.http.on(ACTION, { body: { output: null } });
    expect(await getConsole(at.cloud, 's1')).toBe('');
  });
});

describe('server image', () => {
  const request = { name: 'noble.building-b1', metadata: { a: 'b' } };

  test('A server image is requested with the microversion that returns its id in the body', async () => {
    at.http.on(ACTION, { status: 202, body: { image_id: 'i9' } });
    expect(await createServerImage(at.cloud, 's1', request)).toBe('i9');
    const [asked] = at.http.requests(ACTION);
    expect(asked?.headers['openstack-api-version']).toBe('compute 2.45');
    expect(asked?.json).toEqual({ createImage: request });
  });

  test.each([
    ['no body', { status: 202 }],
    [
      'the id in the Location header, as older versions do',
      { status: 202, headers: { location: 'http://x/images/i9' } },
    ],
  ])('A request for a server image fails when Nova returns %s', async (_, answer) => {
    at.http.on(ACTION, answer);
    const error = await failureOf(createServerImage(at.cloud, 's1', request));
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(error.message).toMatch(
      'create image noble.building-b1: the compute service of cloud c1 returned no',
    );
  });
});
