import { describe, expect, test } from '@jest/globals';
import { requestServer } from '../../../src/image-builder/build/request-server.ts';
import { useEmulator } from '../use-emulator.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useEmulator();
const FLAVOR = { id: '1', name: 'lab.runner', vcpus: 4, ram: 1024, disk: 20 };
const REFUSED = 'Quota exceeded for cores: Requested 4, but already used 8 of 10 cores';

/** Requests a server that Nova refuses with this message. */
async function request(message: string): Promise<unknown> {
  at.disturb('POST /compute/v2.1/servers', { status: 403, body: { forbidden: { code: 403, message } } });
  const spec = {
    ...{
      name: 's',
      imageId: uuidOf('i'),
      flavorId: '1',
      networkId: uuidOf('n'),
      securityGroupId: uuidOf('g'),
    },
    ...{ keypair: 's', userData: '', metadata: {} },
  };
  return requestServer(at.cloud, spec, FLAVOR).catch((error: unknown) => error);
}

/** Answers the request for the limits as the API reference of Nova documents it. */
function limit(used: number): void {
  const absolute = {
    ...{ maxTotalInstances: 10, totalInstancesUsed: 2, maxTotalCores: 10, totalCoresUsed: used },
    ...{ maxTotalRAMSize: -1, totalRAMUsed: 4096 },
  };
  at.disturb('GET /compute/v2.1/limits', { status: 200, body: { limits: { rate: [], absolute } } });
}

describe('a server that Nova refuses', () => {
  test('A refusal because of a quota has the numbers of the cloud', async () => {
    limit(8);
    expect(await request(REFUSED)).toMatchObject({
      kind: 'quota',
      message: 'quota: cores 8 of 10 used, a build needs 4',
    });
  });

  test.each([
    ['when the quota is free again', () => limit(2)],
    [
      'when the cloud does not report its quotas',
      () => at.disturb('GET /compute/v2.1/limits', { status: 404 }),
    ],
  ])('A refusal because of a quota has the words of the cloud %s', async (_, prepare) => {
    prepare();
    const error = (await request(REFUSED)) as Error;
    expect(error).toMatchObject({ kind: 'quota', message: expect.stringContaining(REFUSED) });
    expect(error.message).toMatch(/^quota: create server s: /);
  });

  test('A refusal for another reason stays one', async () => {
    expect(await request('Policy does not allow this request to be performed.')).toMatchObject({
      kind: 'denied',
    });
  });
});
