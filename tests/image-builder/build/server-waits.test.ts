import { describe, expect, test } from '@jest/globals';
import { waitForServer } from '../../../src/image-builder/build/reach-guest.ts';
import { waitForServerImage } from '../../../src/image-builder/build/server-image.ts';
import { useHttpCloud } from '../../support/cloud-fixture.ts';
import { useTestTools } from '../make-test-tools.ts';

const at = useHttpCloud();
const makeTools = useTestTools(at);
const SERVER = 'GET /v2.1/servers/s1';

describe('the wait for a server', () => {
  test('A server in ERROR ends the wait with its fault', async () => {
    const server = { id: 's1', name: 'n', status: 'ERROR', fault: { message: 'No valid host was found' } };
    at.http.on(SERVER, { body: { server } });
    const wait = waitForServer(at.cloud, 's1', 'ACTIVE', makeTools().tools);
    await expect(wait).rejects.toMatchObject({ kind: 'build', name: 'ServerError' });
    await expect(wait).rejects.toThrow('No valid host was found');
  });

  test('A deleted server ends the wait', async () => {
    await expect(waitForServer(at.cloud, 's1', 'ACTIVE', makeTools().tools)).rejects.toThrow('is gone');
  });

  test('The wait for a server survives a short outage of the cloud', async () => {
    const good = { body: { server: { id: 's1', name: 'n', status: 'ACTIVE' } } };
    at.http.on(SERVER, [...Array.from({ length: 5 }, () => ({ status: 503 })), good]);
    await expect(waitForServer(at.cloud, 's1', 'ACTIVE', makeTools().tools)).resolves.toMatchObject({
      status: 'ACTIVE',
    });
  });

  test('An active server that still has a task is not ready', async () => {
    const serverWith = (task: string | null) => ({
      body: { server: { id: 's1', name: 'n', status: 'ACTIVE', 'OS-EXT-STS:task_state': task } },
    });
    at.http.on(SERVER, [serverWith('spawning'), serverWith(null)]);
    await waitForServer(at.cloud, 's1', 'ACTIVE', makeTools().tools);
    expect(at.http.requests(SERVER)).toHaveLength(2);
  });
});

describe('the wait for a server image', () => {
  test.each([
    ['that is gone', { status: 404 }, 'gone'],
    ['that was killed', { body: { id: 'i1', status: 'killed' } }, 'killed'],
    ['that stays queued after Nova has finished', { body: { id: 'i1', status: 'queued' } }, 'still queued'],
  ])('A server image %s has failed', async (_, answer, message) => {
    at.http.on(SERVER, { body: { server: { id: 's1', name: 'n', status: 'SHUTOFF' } } });
    at.http.on('GET /v2/images/i1', answer);
    await expect(waitForServerImage(at.cloud, 'i1', 's1', makeTools().tools)).rejects.toThrow(message);
  });

  test('A server image fails at once when its server is gone before the image is active', async () => {
    at.http.on('GET /v2/images/i1', { body: { id: 'i1', status: 'queued' } });
    const wait = waitForServerImage(at.cloud, 'i1', 's1', makeTools().tools);
    await expect(wait).rejects.toMatchObject({ name: 'UploadImageError' });
  });
});
