import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProxySettings } from '../../src/model/proxy-settings.ts';
import { Secret } from '../../src/model/secret.ts';
import type { CloudAccess } from '../../src/openstack/login/cloud-access.ts';
import type { Cloud } from '../../src/openstack/cloud.ts';
import { uploadImageData } from '../../src/openstack/image-data.ts';
import { createKeypair } from '../../src/openstack/keypairs.ts';
import { openTrustStore } from '../../src/system/http/trust-store.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { Closers } from '../support/closers.ts';
import { type HttpCloud, TOKENS, startHttpCloud, tokenAnswer } from '../support/http-cloud.ts';
import { connectTo } from '../support/http-connect.ts';
import { type HttpProxy, startHttpProxy } from '../support/http-proxy.ts';
import { type PrivateCa, createPrivateCa } from '../support/private-ca.ts';
import { SkippingClock } from '../support/skipping-clock.ts';

const NOTHING = { cidrs: [], hosts: [] };
const KEYPAIRS = 'POST /v2.1/os-keypairs';
const FILE = 'PUT /v2/images/i1/file';
const LOGIN = 'us%er:pass/w@rd-MARKED';
const LOGIN_IN_URL = 'us%25er:pass%2Fw%40rd-MARKED';

let ca: PrivateCa;
const closers = new Closers();

beforeAll(() => {
  ca = createPrivateCa();
});
afterEach(() => closers.close());

/** Starts a cloud whose catalogue names `host`, which only the proxy can resolve unless it is an address. */
async function startCloud(
  host: string,
  tls?: PrivateCa['server'],
): Promise<HttpCloud & { readonly url: string }> {
  const http = await startHttpCloud(undefined, tls);
  closers.add(() => http.close());
  const url = http.origin.replace('127.0.0.1', host);
  http.on(TOKENS, tokenAnswer(url));
  http.on(KEYPAIRS, { body: { keypair: {} } });
  http.on(FILE, { status: 204 });
  return { ...http, url };
}

async function startProxy(options: Parameters<typeof startHttpProxy>[0] = {}): Promise<HttpProxy> {
  const proxy = await startHttpProxy(options);
  closers.add(() => proxy.close());
  return proxy;
}

/** Lists the requests of a proxy in their order, without repetitions. */
function targetsOf({ requests }: HttpProxy): readonly string[] {
  return [...new Set(requests.map(({ method, target }) => `${method} ${target}`))];
}

function through(value: string, change: Partial<ProxySettings> = {}): ProxySettings {
  const noProxy = new Secret('127.0.0.1,localhost,::1');
  return { http: new Secret(value), https: new Secret(value), noProxy, source: 'model', ...change };
}

async function connect(url: string, proxy: ProxySettings, access: Partial<CloudAccess> = {}): Promise<Cloud> {
  const trust = openTrustStore({}).trust('set openstack-ca', ca.ca);
  const connection = await connectTo(url, { clock: new SkippingClock(), trust, proxy, access });
  closers.add(() => connection.close());
  return connection.withSignal();
}

/** Calls identity, a service and the store of image data. */
async function callAll(cloud: Cloud): Promise<void> {
  await createKeypair(cloud, { name: 'k', publicKey: 'a b' });
  const data = { source: Readable.from([Buffer.from('abc')]), size: 3, timeoutMs: 60_000 };
  await uploadImageData(cloud, 'i1', data, new AbortController().signal);
}

describe('a cloud behind a proxy', () => {
  test('Login, API calls and image data of an http cloud reach the proxy with absolute URLs', async () => {
    const [cloud, proxy] = [await startCloud('cloud.test'), await startProxy({ login: LOGIN })];
    await callAll(await connect(cloud.url, through(`http://${LOGIN_IN_URL}@${proxy.host}`)));
    expect(targetsOf(proxy)).toEqual([
      `POST ${cloud.url}/v3/auth/tokens`,
      `POST ${cloud.url}/v2.1/os-keypairs`,
      `PUT ${cloud.url}/v2/images/i1/file`,
    ]);
    const hosts = cloud.requests().map(({ headers }) => headers['host']);
    expect(new Set(hosts)).toEqual(new Set([new URL(cloud.url).host]));
    expect(cloud.requests(FILE)[0]?.body.toString()).toBe('abc');
  });

  test('All calls of an https cloud go through tunnels, and only the proxy receives its login', async () => {
    const cloud = await startCloud('cloud.test', ca.server);
    const { port } = new URL(cloud.url);
    const proxy = await startProxy({ login: LOGIN, tlsPorts: [port] });
    const api = await connect(cloud.url, through(`${LOGIN_IN_URL}@${proxy.host}`));
    await callAll(api);
    expect(targetsOf(proxy)).toEqual([`CONNECT cloud.test:${port}`]);
    expect(cloud.requests(FILE)[0]?.body.toString()).toBe('abc');
    const tunnels = proxy.requests.length;
    await createKeypair(api, { name: 'k', publicKey: 'a b' });
    expect(cloud.requests(KEYPAIRS)).toHaveLength(2);
    expect(proxy.requests).toHaveLength(tunnels); // the tunnel of the first call is used again
    expect(JSON.stringify(cloud.requests().map(({ headers }) => headers))).not.toMatch(/proxy-auth/i);
  });

  test('A cloud whose address is in a network of no_proxy is called directly', async () => {
    const [cloud, proxy] = [await startCloud('0.0.0.0'), await startProxy()];
    const noProxy = new Secret('10.0.0.0/8,0.0.0.0/8');
    await callAll(await connect(cloud.url, through(proxy.host, { noProxy })));
    expect(proxy.requests).toEqual([]);
    expect(cloud.requests(FILE)).toHaveLength(1);
    await callAll(await connect(cloud.url, through(proxy.host)));
    expect(targetsOf(proxy)).toHaveLength(3);
  });

  test('A consumer reaches its cloud through a proxy on this machine', async () => {
    const [cloud, proxy] = [await startCloud('cloud.test'), await startProxy()];
    await callAll(await connect(cloud.url, through(proxy.host), { allowedAddresses: NOTHING }));
    expect(targetsOf(proxy)).toHaveLength(3);
  });

  test.each(['http://169.254.169.254', 'https://169.254.169.254', 'http://0.0.0.0:80'])(
    'A consumer cannot make the proxy call %s',
    async (url) => {
      const proxy = await startProxy();
      const cloud = await connect(url, through(proxy.host), { allowedAddresses: NOTHING });
      expect(await failureOf(cloud.identity.getToken())).toMatchObject({ kind: 'denied' });
      const keystone = await startCloud('cloud.test');
      const endpoints = { compute: `${url}/v2.1`, image: undefined, network: undefined };
      const aimed = await connect(keystone.url, through(proxy.host), {
        allowedAddresses: NOTHING,
        endpoints,
      });
      const error = await failureOf(createKeypair(aimed, { name: 'k', publicKey: 'a b' }));
      expect(error).toMatchObject({ kind: 'denied' });
      expect(targetsOf(proxy)).toEqual([`POST ${keystone.url}/v3/auth/tokens`]);
    },
  );

  test('The variables of the process do not change the route of API calls', async () => {
    const [cloud, proxy] = [await startCloud('0.0.0.0'), await startProxy()];
    process.env['HTTP_PROXY'] = `http://${proxy.host}`;
    try {
      await callAll(await connect(cloud.url, through('')));
    } finally {
      delete process.env['HTTP_PROXY'];
    }
    expect(proxy.requests).toEqual([]);
  });
});

describe('a proxy that fails', () => {
  /** Returns the errors of a login through the proxy, and of an API call through it after a direct login. */
  const failures = async (url: string, proxy: ProxySettings): Promise<readonly Error[]> => {
    const cloud = await connect(url, proxy);
    const keystone = await startCloud('0.0.0.0');
    const endpoints = { compute: `${url}/v2.1`, image: undefined, network: undefined };
    const direct = { ...proxy, noProxy: new Secret('0.0.0.0') };
    const withDirectLogin = await connect(keystone.url, direct, { endpoints });
    return [
      await failureOf(cloud.identity.getToken()),
      await failureOf(createKeypair(withDirectLogin, { name: 'k', publicKey: 'a b' })),
    ];
  };

  test.each([
    ['http', 'model', 'set juju model-config juju-http-proxy=http://USER:PASSWORD@HOST:PORT'],
    ['https', 'model', 'set juju model-config juju-https-proxy=http://USER:PASSWORD@HOST:PORT'],
    ['http', 'environment', 'set HTTP_PROXY=http://USER:PASSWORD@HOST:PORT'],
  ] as const)(
    'A 407 of the proxy for %s names proxy and setting of the %s',
    async (scheme, source, advice) => {
      const cloud = await startCloud('cloud.test', scheme === 'https' ? ca.server : undefined);
      const proxy = await startProxy({ login: 'u:other', tlsPorts: [new URL(cloud.url).port] });
      for (const error of await failures(cloud.url, through(`u:wrong-MARKED@${proxy.host}`, { source }))) {
        expect(error).toMatchObject({ kind: 'unavailable' });
        expect(error.message).toMatch(`the proxy http://${proxy.host} (`);
        expect(error.message).toMatch('refused the login in its URL (407)');
        expect(error.message).toMatch(advice);
        expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch('MARKED');
      }
    },
  );

  test.each([
    ['http', 'model', 'correct juju-http-proxy, or add the host to juju-no-proxy with juju model-config'],
    ['https', 'environment', 'correct HTTPS_PROXY, or add the host to NO_PROXY'],
  ] as const)(
    'An unreachable proxy for %s is named with the setting of the %s',
    async (scheme, source, advice) => {
      const proxy = await startProxy();
      await proxy.close();
      const settings = through(`u:word-MARKED@${proxy.host}`, { source });
      for (const error of await failures(`${scheme}://cloud.test:5000`, settings)) {
        expect(error).toMatchObject({ kind: 'unavailable' });
        expect(error.message).toMatch(`asked through the proxy http://${proxy.host} (`);
        expect(error.message).toMatch(/connect ECONNREFUSED .*; correct/);
        expect(error.message).toMatch(advice);
        expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch('MARKED');
      }
    },
  );

  test('A proxy that refuses a tunnel is named with its status', async () => {
    const [cloud, proxy] = [await startCloud('cloud.test', ca.server), await startProxy()];
    const [error] = await failures(cloud.url, through(proxy.host));
    expect(error?.message).toMatch(
      `asked through the proxy http://${proxy.host} (juju-https-proxy): it answered 403`,
    );
  });
});
