import { describe, expect, test } from '@jest/globals';
import { waitForHostKeys, waitForServer } from '../../../src/image-builder/build/guest/reach-guest.ts';
import { waitForServerImage } from '../../../src/image-builder/build/server-image.ts';
import { consoleMarker } from '../../../src/guest/user-data.ts';
import { useHttpCloud } from '../../support/cloud-fixture.ts';
import type { Answer } from '../../support/http-cloud.ts';
import { useTestTools } from '../make-test-tools.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useHttpCloud();
const makeTools = useTestTools(at);
const SERVER = `GET /v2.1/servers/${uuidOf('s1')}`;

describe('the wait for a server', () => {
  test('A server in ERROR ends the wait with its fault', async () => {
    const server = {
      id: uuidOf('s1'),
      name: 'n',
      status: 'ERROR',
      fault: { message: 'No valid host was found' },
    };
    at.http.on(SERVER, { body: { server } });
    const wait = waitForServer(at.cloud, uuidOf('s1'), 'ACTIVE', makeTools().tools);
    await expect(wait).rejects.toMatchObject({ kind: 'build', name: 'ServerError' });
    await expect(wait).rejects.toThrow('No valid host was found');
  });

  test('A server that is gone three times in a row ends the wait', async () => {
    await expect(waitForServer(at.cloud, uuidOf('s1'), 'ACTIVE', makeTools().tools)).rejects.toThrow(
      'is gone',
    );
    expect(at.http.requests(SERVER)).toHaveLength(3);
  });

  test('A server that is gone only now and then does not end the wait', async () => {
    const building = { body: { server: { id: uuidOf('s1'), name: 'n', status: 'BUILD' } } };
    const good = { body: { server: { id: uuidOf('s1'), name: 'n', status: 'ACTIVE' } } };
    const gone = { status: 404 };
    at.http.on(SERVER, [building, gone, gone, building, gone, gone, good]);
    await expect(waitForServer(at.cloud, uuidOf('s1'), 'ACTIVE', makeTools().tools)).resolves.toBeDefined();
  });

  test('The wait for a server survives a short outage of the cloud', async () => {
    const good = { body: { server: { id: uuidOf('s1'), name: 'n', status: 'ACTIVE' } } };
    at.http.on(SERVER, [...Array.from({ length: 5 }, () => ({ status: 503 })), good]);
    await expect(waitForServer(at.cloud, uuidOf('s1'), 'ACTIVE', makeTools().tools)).resolves.toMatchObject({
      status: 'ACTIVE',
    });
  });

  test('An active server that still has a task is not ready', async () => {
    const serverWith = (task: string | null) => ({
      body: { server: { id: uuidOf('s1'), name: 'n', status: 'ACTIVE', 'OS-EXT-STS:task_state': task } },
    });
    at.http.on(SERVER, [serverWith('spawning'), serverWith(null)]);
    await waitForServer(at.cloud, uuidOf('s1'), 'ACTIVE', makeTools().tools);
    expect(at.http.requests(SERVER)).toHaveLength(2);
  });
});

describe('the calls of a long wait', () => {
  test('A server that boots for a minute is looked at less and less often, and its end is noticed within four seconds', async () => {
    const startedAt = at.clock.now();
    const server = (status: string) => ({ body: { server: { id: uuidOf('s1'), name: 'n', status } } });
    at.http.on(SERVER, [...Array.from({ length: 17 }, () => server('BUILD')), server('ACTIVE')]);
    await waitForServer(at.cloud, uuidOf('s1'), 'ACTIVE', {
      timeouts: { ...makeTools().tools.timeouts, serverTimeout: 600 },
    });
    const seconds = (at.clock.now() - startedAt) / 1000;
    expect([at.http.requests(SERVER).length, seconds]).toEqual([18, 67]); // 1 + 2 + 16 × 4
  });
});

describe('the wait for the host key', () => {
  const CONSOLE = `POST /v2.1/servers/${uuidOf('s1')}/action`;
  const active = { body: { server: { id: uuidOf('s1'), name: 'n', status: 'ACTIVE' } } };
  const printed = [
    { body: { output: '' } },
    { body: { output: `${consoleMarker('b1')}host-key ssh-ed25519 ${'0'.repeat(64)}\n` } },
  ] as const;

  test.each([404, 409, 500, 503])(
    'A console that answers %i at first is read again until the key is there',
    async (status) => {
      at.http.on(SERVER, active);
      at.http.on(CONSOLE, [{ status, body: {} }, { status, body: {} }, ...printed]);
      await expect(waitForHostKeys(at.cloud, uuidOf('s1'), makeTools().tools)).resolves.toHaveLength(1);
    },
  );

  test.each<[string, Answer]>([
    ['output that is null', { body: { output: null } }],
    ['no output', { body: {} }],
    ['no body', { status: 200 }],
    ['the page of a gateway', { status: 504, isForeign: true, body: '<html>504 Gateway Time-out</html>' }],
  ])('A console with %s at first is read again until the key is there', async (_, answer) => {
    at.http.on(SERVER, active);
    at.http.on(CONSOLE, [answer, answer, ...printed]);
    await expect(waitForHostKeys(at.cloud, uuidOf('s1'), makeTools().tools)).resolves.toHaveLength(1);
  });

  test('Each look is one call: the console, and the server after a look that showed nothing new', async () => {
    const same = { body: { output: 'Linux\n' } };
    at.http.on(SERVER, active);
    at.http.on(CONSOLE, [same, same, same, printed[1]]);
    await waitForHostKeys(at.cloud, uuidOf('s1'), makeTools().tools);
    expect([at.http.requests(CONSOLE).length, at.http.requests(SERVER).length]).toEqual([4, 2]);
  });

  test('A server that stops before its key is printed ends the wait, although its console can still be read', async () => {
    at.http.on(SERVER, { body: { server: { id: uuidOf('s1'), name: 'n', status: 'SHUTOFF' } } });
    at.http.on(CONSOLE, { body: { output: 'Linux\n' } });
    await expect(waitForHostKeys(at.cloud, uuidOf('s1'), makeTools().tools)).rejects.toThrow(
      'was stopped: it is SHUTOFF',
    );
  });

  test('A console that never answers ends the wait at its deadline with the last answer', async () => {
    at.http.on(SERVER, active);
    at.http.on(CONSOLE, { status: 409, body: { conflictingRequest: { message: 'Instance is not ready' } } });
    const wait = waitForHostKeys(at.cloud, uuidOf('s1'), makeTools().tools);
    await expect(wait).rejects.toThrow(
      /console \(last seen: .*409: Instance is not ready.*\); --boot-timeout/,
    );
  });
});

describe('the wait for a server image', () => {
  test('Nova is not called while Glance receives the image', async () => {
    const image = (status: string) => ({ body: { id: uuidOf('i1'), status } });
    const statuses = ['saving', 'saving', 'saving', 'active'];
    at.http.on(`GET /v2/images/${uuidOf('i1')}`, statuses.map(image));
    at.http.on(SERVER, { body: { server: { id: uuidOf('s1'), name: 'n', status: 'SHUTOFF' } } });
    await waitForServerImage(at.cloud, uuidOf('i1'), uuidOf('s1'), makeTools().tools);
    expect(at.http.requests(SERVER)).toHaveLength(1);
  });

  test.each([
    ['that is gone', { status: 404 }, 'gone'],
    ['that was killed', { body: { id: uuidOf('i1'), status: 'killed' } }, 'killed'],
    [
      'that stays queued after Nova has finished',
      { body: { id: uuidOf('i1'), status: 'queued' } },
      'still queued',
    ],
  ])('A server image %s has failed', async (_, answer, message) => {
    at.http.on(SERVER, { body: { server: { id: uuidOf('s1'), name: 'n', status: 'SHUTOFF' } } });
    at.http.on(`GET /v2/images/${uuidOf('i1')}`, answer);
    await expect(waitForServerImage(at.cloud, uuidOf('i1'), uuidOf('s1'), makeTools().tools)).rejects.toThrow(
      message,
    );
  });

  test('A server image that is missing or still queued only once is waited for', async () => {
    const server = (task: string | null) => ({
      body: { server: { id: uuidOf('s1'), name: 'n', status: 'SHUTOFF', 'OS-EXT-STS:task_state': task } },
    });
    at.http.on(SERVER, [server(null), server('image_uploading'), server(null)]);
    const image = (status: string) => ({ body: { id: uuidOf('i1'), status } });
    at.http.on(`GET /v2/images/${uuidOf('i1')}`, [image('queued'), { status: 404 }, image('active')]);
    await expect(
      waitForServerImage(at.cloud, uuidOf('i1'), uuidOf('s1'), makeTools().tools),
    ).resolves.toBeDefined();
  });

  test('A server image fails when its server is gone before the image is active', async () => {
    at.http.on(`GET /v2/images/${uuidOf('i1')}`, { body: { id: uuidOf('i1'), status: 'queued' } });
    const wait = waitForServerImage(at.cloud, uuidOf('i1'), uuidOf('s1'), makeTools().tools);
    await expect(wait).rejects.toMatchObject({ name: 'UploadImageError' });
  });
});
