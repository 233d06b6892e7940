import { afterEach, expect, test } from '@jest/globals';
import { Secret } from '../../../src/model/secret.ts';
import { openIdentity } from '../../../src/openstack/login/identity.ts';
import { callLimits } from '../../../src/openstack/api/retry.ts';
import { openTransport } from '../../../src/openstack/api/transport.ts';
import { openAgents } from '../../../src/system/http/agents.ts';
import { openHttp } from '../../../src/system/http/http.ts';
import { openTrustStore } from '../../../src/system/http/trust-store.ts';
import { startHttpCloud } from '../../support/http-cloud.ts';
import { accessTo } from '../../support/http-connect.ts';
import { SkippingClock } from '../../support/skipping-clock.ts';

let close: () => Promise<void> = () => Promise.resolve();

afterEach(() => close());

test('Calls that are sent at the same time carry their own tokens', async () => {
  const server = await startHttpCloud();
  server.on('GET /*', { body: {} });
  const settings = { trust: openTrustStore({}).trust(''), stallTimeoutMs: 5000 };
  const [http, agents] = [openHttp(settings), openAgents(settings)];
  const access = accessTo(server.origin);
  const identity = openIdentity(access, { http, limits: callLimits(5000, new SkippingClock()) });
  const service = 'compute' as const;
  const target = { access, agents, service, endpoint: () => server.origin, guard: undefined };
  const transport = openTransport(target, identity);
  const send = (name: string) => {
    const token = {
      id: new Secret(name),
      expiresAt: new Date('2099-01-01'),
      projectId: 'p',
      catalog: [],
      roles: [],
    };
    const request = { method: 'GET', path: `/${name}`, query: {}, headers: {}, body: undefined } as const;
    return transport.send(request, token, new AbortController().signal);
  };
  close = async () => {
    agents.close();
    await http.close();
    await server.close();
  };
  for (const { body } of await Promise.all(['one', 'two', 'three'].map(send))) body.resume();
  const sent = server.requests().map(({ url, headers }) => [url.pathname, headers['x-auth-token']]);
  expect(sent.sort()).toEqual([
    ['/one', 'one'],
    ['/three', 'three'],
    ['/two', 'two'],
  ]);
});
