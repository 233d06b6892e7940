import { describe, expect, test } from '@jest/globals';
import { waitForServer } from '../../../src/image-builder/build/reach-guest.ts';
import { waitForServerImage } from '../../../src/image-builder/build/server-image.ts';
import { useHttpCloud } from '../../support/cloud-fixture.ts';
import { useTestTools } from '../make-test-tools.ts';

const at = useHttpCloud();
const makeTools = useTestTools(at);
const SERVER = 'GET /v2.1/servers/s1';

describe('a server', () => {
  test('in ERROR ends the wait for it, with the fault', async () => {
    const server = { id: 's1', name: 'n', status: 'ERROR', fault: { message: 'No valid host was found' } };
    at.http.on(SERVER, { body: { server } });
    const wait = waitForServer(at.cloud, 's1', 'ACTIVE', makeTools().tools);
    await expect(wait).rejects.toMatchObject({ kind: 'build', name: 'ServerError' });
    await expect(wait).rejects.toThrow('No valid host was found');
  });

  test('that somebody deleted ends the wait for it', async () => {
    await expect(waitForServer(at.cloud, 's1', 'ACTIVE', makeTools().tools)).rejects.toThrow('is gone');
  });

  test('is waited for while the cloud is away for a moment', async () => {
    const good = { body: { server: { id: 's1', name: 'n', status: 'ACTIVE' } } };
    at.http.on(SERVER, [...Array.from({ length: 5 }, () => ({ status: 503 })), good]);
    await expect(waitForServer(at.cloud, 's1', 'ACTIVE', makeTools().tools)).resolves.toMatchObject({
      status: 'ACTIVE',
    });
  });

  test('that is active but still at work is not ready', async () => {
    const at2 = (task: string | null) => ({
      body: { server: { id: 's1', name: 'n', status: 'ACTIVE', 'OS-EXT-STS:task_state': task } },
    });
    at.http.on(SERVER, [at2('spawning'), at2(null)]);
    await waitForServer(at.cloud, 's1', 'ACTIVE', makeTools().tools);
    expect(at.http.requests(SERVER)).toHaveLength(2);
  });
});

describe('an image of a server', () => {
  test.each([
    ['is gone', { status: 404 }, 'gone'],
    ['was killed', { body: { id: 'i1', status: 'killed' } }, 'killed'],
    ['stays queued while Nova is done', { body: { id: 'i1', status: 'queued' } }, 'still queued'],
  ])('that %s has failed', async (_, answer, told) => {
    at.http.on(SERVER, { body: { server: { id: 's1', name: 'n', status: 'SHUTOFF' } } });
    at.http.on('GET /v2/images/i1', answer);
    await expect(waitForServerImage(at.cloud, 'i1', 's1', makeTools().tools)).rejects.toThrow(told);
  });

  test('whose server is gone before it is active has failed at once, not by its deadline', async () => {
    at.http.on('GET /v2/images/i1', { body: { id: 'i1', status: 'queued' } });
    const wait = waitForServerImage(at.cloud, 'i1', 's1', makeTools().tools);
    await expect(wait).rejects.toMatchObject({ name: 'UploadImageError' });
  });
});
