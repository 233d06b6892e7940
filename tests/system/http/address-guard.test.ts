import { describe, expect, test } from '@jest/globals';
import { networkInterfaces } from 'node:os';
import { type AddressGuard, guardAddresses } from '../../../src/system/http/address-guard.ts';
import { openHttp } from '../../../src/system/http/http.ts';
import { SkippingClock } from '../../support/skipping-clock.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { TEST_TRUST } from '../../support/test-trust.ts';
import { startHttpCloud } from '../../support/http-cloud.ts';
import { connectTo } from '../../support/http-connect.ts';
import { listFlavors } from '../../../src/openstack/flavors.ts';

const NOTHING = { cidrs: [], hosts: [] };
const resolveWith = (guard: AddressGuard, name: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    guard.lookup(name, { all: true }, (error, found) => (error === null ? resolve(found) : reject(error)));
  });

describe('address', () => {
  test.each([
    '127.0.0.1',
    '127.8.9.10',
    '0.0.0.0',
    '169.254.169.254',
    '[::1]',
    '[::]',
    '[fe80::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:a9fe:a9fe]',
    '[fd00:ec2::254]',
    '[fd20:ce::254]',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '[::ffff:168.63.129.16]',
    '[::169.254.169.254]',
    '[64:ff9b::169.254.169.254]',
    '[64:ff9b::127.0.0.1]',
  ])('The address %s is refused', async (host) => {
    const { hostname } = new URL(`http://${host}:5000`);
    expect(await failureOf(guardAddresses(NOTHING).check(hostname))).toMatchObject({
      kind: 'denied',
      name: 'AddressError',
    });
  });

  test.each([
    ...['http://2130706433/', 'http://0x7f.1/', 'http://127.1/', 'http://0177.0.0.1/', 'http://127.0.0.1./'],
    ...['http://2852039166/', 'http://0xa9fea9fe/', 'http://0251.0376.0251.0376/'],
  ])('The spelling %s of a local address is refused', async (url) => {
    await failureOf(guardAddresses(NOTHING).check(new URL(url).hostname));
  });

  test('The own addresses of this machine are refused', async () => {
    const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    expect(own.length).toBeGreaterThan(0);
    for (const { address } of own) await failureOf(guardAddresses(NOTHING).check(address));
  });

  test.each([
    ...['192.0.2.7', '10.0.8.1', '[2001:db8::7]', '172.16.0.1', '100.100.100.201', '168.63.129.17'],
    ...['[64:ff9b::192.0.2.7]', '[fd20:ce::255]'],
  ])('The address %s, which is not local, is allowed', async (host) => {
    await expect(guardAddresses(NOTHING).check(host)).resolves.toBeUndefined();
  });

  test('An address in an allowed network is allowed', async () => {
    const guard = guardAddresses({ cidrs: ['127.0.0.0/30', '::1/128'], hosts: [] });
    await guard.check('127.0.0.1');
    await guard.check('[::1]');
    await failureOf(guard.check('127.0.0.4'));
  });

  test('The address of an allowed host is allowed, under any name', async () => {
    const guard = guardAddresses({ cidrs: [], hosts: ['localhost'] });
    await guard.check('127.0.0.1');
    await failureOf(guard.check('169.254.169.254'));
  });
});

describe('name', () => {
  test('A name that resolves to loopback is refused when the connection is made', async () => {
    const error = await failureOf(resolveWith(guardAddresses(NOTHING), 'localhost'));
    expect(error.message).toMatch(/^localhost \(.*127\.0\.0\.1.*\) is an address of this machine/);
  });

  test('A name that resolves to an allowed address gets it', async () => {
    const guard = guardAddresses({ cidrs: ['127.0.0.0/8'], hosts: [] });
    await expect(resolveWith(guard, 'localhost')).resolves.toEqual([{ address: '127.0.0.1', family: 4 }]);
  });
});

describe('connection', () => {
  const local = (origin: string) => origin.replace('127.0.0.1', 'localhost');

  test.each([(origin: string) => origin, local])('Nothing is sent to a refused address', async (at) => {
    const server = await startHttpCloud();
    const http = openHttp({ trust: TEST_TRUST, stallTimeoutMs: 5000, guard: guardAddresses(NOTHING) });
    await failureOf(http.send({ method: 'GET', url: at(server.origin) }));
    expect(server.requests()).toEqual([]);
    await http.close();
    await server.close();
  });

  test.each([
    ['auth_url', { authUrl: (origin: string) => `${origin}/v3` }],
    ['auth_url with a name', { authUrl: (origin: string) => `${local(origin)}/v3` }],
  ])(
    'A cloud whose %s is local receives no request, and the error names the option',
    async (_, { authUrl }) => {
      const server = await startHttpCloud();
      const access = { authUrl: authUrl(server.origin), allowedAddresses: NOTHING };
      const connection = await connectTo(server.origin, { clock: new SkippingClock(), access });
      const error = await failureOf(listFlavors(connection.withSignal()));
      expect(error).toMatchObject({ kind: 'denied' });
      expect(error.message).toContain('consumer-local-cidrs');
      expect(server.requests()).toEqual([]);
      await connection.close();
      await server.close();
    },
  );

  test.each(['127.0.0.1', 'localhost'])(
    'A catalogue that leads from an allowed Keystone to %s cannot aim the transport there',
    async (host) => {
      const keystone = await startHttpCloud('127.0.0.2');
      const victim = await startHttpCloud();
      const compute = `${victim.origin.replace('127.0.0.1', host)}/v2.1`;
      const connection = await connectTo(keystone.origin, {
        clock: new SkippingClock(),
        access: {
          allowedAddresses: { cidrs: ['127.0.0.2/32'], hosts: [] },
          endpoints: { compute, image: undefined, network: undefined },
        },
      });
      const error = await failureOf(listFlavors(connection.withSignal()));
      expect(error).toMatchObject({ kind: 'denied' });
      expect(keystone.requests()).toHaveLength(1);
      expect(victim.requests()).toEqual([]);
      await connection.close();
      await Promise.all([keystone.close(), victim.close()]);
    },
  );
});
