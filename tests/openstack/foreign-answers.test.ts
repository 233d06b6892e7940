import { describe, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { deflateSync, gzipSync } from 'node:zlib';
import { listFlavors } from '../../src/openstack/flavors.ts';
import { openImageData } from '../../src/openstack/image-data.ts';
import { findImage } from '../../src/openstack/images.ts';
import { createKeypair, deleteKeypair } from '../../src/openstack/keypairs.ts';
import { findServer } from '../../src/openstack/servers.ts';
import { failureOf, useHttpCloud } from '../support/cloud-fixture.ts';
import { type Answer, TOKENS, startHttpCloud, tokenAnswer } from '../support/http-cloud.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useHttpCloud();
const SERVER = 'GET /v2.1/servers/*';
const FLAVORS = 'GET /v2.1/flavors/detail';
const good = { body: { server: { id: uuidOf('s1'), name: 'one', status: 'ACTIVE' } } };
const page = (title: string, text: string): string =>
  `<html><head><title>${title}</title></head><body><h1>${title}</h1><p>${text}</p></body></html>`;
const foreign = (status: number, body: unknown, headers = {}): Answer => ({
  ...{ status, body, headers },
  isForeign: true,
});

describe('answer of another program', () => {
  test.each<readonly [string, Answer, string]>([
    [
      'Kubernetes ingress',
      foreign(404, 'default backend - 404'),
      '404, but not as an OpenStack API: default backend',
    ],
    ['Go router', foreign(404, '404 page not found\n'), '404 page not found'],
    [
      'login page',
      foreign(200, page('Sign in', 'Use your account')),
      '200, but not as an OpenStack API: Use your',
    ],
    ['API gateway', foreign(404, { message: 'no Route matched with those values' }), 'no Route matched'],
    ['cloud load balancer', foreign(404, { error: { code: 404, message: 'no such app' } }), 'no such app'],
    ['web firewall', foreign(403, page('Forbidden', 'Blocked by policy 7')), 'Blocked by policy 7'],
    [
      'basic authentication',
      foreign(401, page('401', 'Give a password')),
      '401, but not as an OpenStack API',
    ],
    ['web server without a page', foreign(405, undefined), '405, but not as an OpenStack API; check the URL'],
  ])('A call that a %s answers fails as unavailable and quotes it', async (_, answer, words) => {
    at.http.on(SERVER, answer);
    const error = await failureOf(findServer(at.cloud, uuidOf('s1')));
    expect(error).toMatchObject({ kind: 'unavailable', name: 'ForeignAnswerError' });
    expect(error.message).toContain(words);
  });

  test.each<readonly [string, Answer]>([
    ['404 of a gateway', foreign(404, '404 page not found')],
    ['404 without a body', foreign(404, undefined)],
  ])('A %s never means that a resource is gone', async (_, answer) => {
    at.http.on('GET /v2/images/*', answer);
    at.http.on('DELETE /v2.1/os-keypairs/k', answer);
    expect(await failureOf(findImage(at.cloud, uuidOf('i1')))).toMatchObject({ kind: 'unavailable' });
    expect(await failureOf(deleteKeypair(at.cloud, 'k'))).toMatchObject({ kind: 'unavailable' });
  });

  test.each<readonly [string, Answer]>([
    ['Nova', { status: 404, isForeign: true, body: { itemNotFound: { code: 404, message: 'no' } } }],
    ['Glance', { status: 404, isForeign: true, body: { message: 'no', code: '404 Not Found', title: 'x' } }],
    [
      'Neutron',
      { status: 404, isForeign: true, body: { NeutronError: { type: 'x', message: 'no', detail: '' } } },
    ],
    ['WebOb, with a request id', { status: 404, body: page('404 Not Found', 'no') }],
  ])('A 404 of %s means that the resource is gone', async (_, answer) => {
    at.http.on('GET /v2/images/*', answer);
    await expect(findImage(at.cloud, uuidOf('i1'))).resolves.toBeUndefined();
  });

  test('A login that a gateway refuses is unavailable and does not ask for other credentials', async () => {
    at.http.on(TOKENS, foreign(404, 'default backend - 404'));
    const error = await failureOf(findServer(at.cloud, uuidOf('s1')));
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(error.message).toContain('default backend - 404');
    expect(error.message).not.toContain('credentials');
  });

  test.each<readonly [string, Answer]>([
    ['page', foreign(200, page('Welcome', 'hello'))],
    ['page of status 201', foreign(201, 'hello')],
  ])('A login that a %s answers is unavailable and quotes the page', async (_, answer) => {
    at.http.on(TOKENS, answer);
    const error = await failureOf(findServer(at.cloud, uuidOf('s1')));
    expect(error).toMatchObject({ kind: 'unavailable' });
  });

  test('A 401 of the middleware of Keystone drops the token even without a request id', async () => {
    const challenge = { 'www-authenticate': 'Keystone uri="http://keystone/v3"' };
    at.http.on(SERVER, [foreign(401, 'Authentication required', challenge), good]);
    await expect(findServer(at.cloud, uuidOf('s1'))).resolves.toMatchObject({ id: uuidOf('s1') });
    expect(at.http.requests(TOKENS)).toHaveLength(2);
  });

  test('The HTML page of a gateway is not taken for the data of an image', async () => {
    const type = { 'content-type': 'text/html' };
    at.http.on(
      `GET /v2/images/${uuidOf('i1')}/file`,
      foreign(200, page('Sign in', 'Use your account'), type),
    );
    const read = openImageData(at.cloud, uuidOf('i1'), 0, new AbortController().signal);
    expect((await failureOf(read)).message).toContain('Use your account');
  });
});

describe('redirect', () => {
  test.each([301, 302, 307, 308])(
    'A redirect with %i is not followed, so that no other host receives the token',
    async (status) => {
      const other = await startHttpCloud();
      at.http.on(SERVER, { status, headers: { location: `${other.origin}/v2.1/servers/${uuidOf('s1')}` } });
      expect(await failureOf(findServer(at.cloud, uuidOf('s1')))).toMatchObject({
        kind: 'unavailable',
        name: 'ForeignAnswerError',
      });
      expect(other.requests()).toEqual([]);
      await other.close();
    },
  );

  test.each([301, 302, 307, 308])('A GET follows a %i to the same origin, with its token', async (status) => {
    at.http.on(SERVER, { status, headers: { location: `/v2.1/moved/s1/` } });
    at.http.on(`GET /v2.1/moved/s1/`, good);
    await expect(findServer(at.cloud, uuidOf('s1'))).resolves.toMatchObject({ id: uuidOf('s1') });
    expect(at.http.requests(`GET /v2.1/moved/s1/`)[0]?.headers['x-auth-token']).toBe('token-1');
  });

  test.each([307, 308])('A POST follows a %i to the same origin, with its body', async (status) => {
    at.http.on('POST /v2.1/os-keypairs', { status, headers: { location: '/v2.1/os-keypairs/' } });
    at.http.on('POST /v2.1/os-keypairs/', { status: 201, body: {} });
    await createKeypair(at.cloud, { name: 'k', publicKey: 'ssh-ed25519 AAAA' });
    expect(at.http.requests('POST /v2.1/os-keypairs/')[0]?.json).toMatchObject({ keypair: { name: 'k' } });
  });

  test('A POST does not follow a 301, after which clients may change the method', async () => {
    at.http.on('POST /v2.1/os-keypairs', { status: 301, headers: { location: '/v2.1/os-keypairs/' } });
    const error = await failureOf(createKeypair(at.cloud, { name: 'k', publicKey: 'ssh-ed25519 AAAA' }));
    expect(error.message).toMatch('answered 301 and redirected to /v2.1/os-keypairs/;');
  });

  test('A login follows a 307 to the same origin', async () => {
    at.http.on(TOKENS, { status: 307, headers: { location: '/identity/v3/auth/tokens' } });
    at.http.on('POST /identity/v3/auth/tokens', tokenAnswer(at.http.origin));
    at.http.on(SERVER, good);
    await expect(findServer(at.cloud, uuidOf('s1'))).resolves.toMatchObject({ id: uuidOf('s1') });
  });

  test('A 404 of Keystone to a login never means that a resource is gone', async () => {
    at.http.on(TOKENS, { status: 404, body: { error: { code: 404, title: 'Not Found', message: 'no' } } });
    const error = await failureOf(findServer(at.cloud, uuidOf('s1')));
    expect(error).toMatchObject({ kind: 'denied', name: 'RejectedError' });
    expect(error.message).toContain('check that auth_url is the root of the v3 API of Keystone');
  });

  test.each([301, 302, 307, 308])(
    'A login that returns %i names the new place and sends nothing there',
    async (status) => {
      const other = await startHttpCloud();
      const location = `${other.origin}/login?next=secret`;
      at.http.on(TOKENS, { status, headers: { location } });
      const error = await failureOf(findServer(at.cloud, uuidOf('s1')));
      expect(error).toMatchObject({ kind: 'unavailable' });
      expect(error.message).toContain(`redirected to ${other.origin}/login;`);
      expect(other.requests()).toEqual([]);
      await other.close();
    },
  );

  test('A redirect that ends at the page of a dashboard is unavailable and quotes it', async () => {
    at.http.on(SERVER, { status: 302, headers: { location: '/v2.1/' } });
    at.http.on('GET /v2.1/', { status: 302, headers: { location: '/ui/index.html' } });
    at.http.on('GET /ui/index.html', foreign(200, page('Cloud', 'Please sign in')));
    expect((await failureOf(findServer(at.cloud, uuidOf('s1')))).message).toContain('Please sign in');
  });

  test('A redirect that leads to itself ends after six requests', async () => {
    at.http.on(SERVER, { status: 302, headers: { location: `/v2.1/servers/${uuidOf('s1')}` } });
    const error = await failureOf(findServer(at.cloud, uuidOf('s1')));
    expect(error.message).toContain('answered 302 and redirected');
    expect(at.http.requests(SERVER).length).toBeLessThanOrEqual(24);
  });
});

describe('size and depth', () => {
  const flavors = { flavors: [{ id: 'f', name: 'f', vcpus: 1, ram: 1, disk: 1 }] };

  test.each(['gzip', 'deflate'])('A response with Content-Encoding %s is read', async (encoding) => {
    const text = JSON.stringify(flavors);
    const body = encoding === 'gzip' ? gzipSync(text) : deflateSync(text);
    at.http.on(FLAVORS, { headers: { 'content-encoding': encoding }, body });
    await expect(listFlavors(at.cloud)).resolves.toHaveLength(1);
  });

  test('A page of more than 16 MiB is refused, also when it is compressed', async () => {
    const body = gzipSync(`{"flavors":[],"x":"${'x'.repeat(17 * 1024 * 1024)}"}`);
    at.http.on(FLAVORS, { headers: { 'content-encoding': 'gzip' }, body });
    const error = await failureOf(listFlavors(at.cloud));
    expect(error).toMatchObject({ kind: 'unavailable', name: 'UnexpectedAnswerError' });
    expect(error.message).toContain('sent more than 16 MiB');
  });

  test('A page of more than 16 MiB is not read to its end', async () => {
    const chunk = Buffer.alloc(64 * 1024, ' ');
    let sent = 0;
    at.http.on(FLAVORS, () => ({
      body: Readable.from(
        (function* () {
          for (; sent < 1e9; sent += chunk.length) yield chunk;
        })(),
      ),
    }));
    expect((await failureOf(listFlavors(at.cloud))).message).toContain('sent more than 16 MiB');
    expect(sent).toBeLessThan(4 * 64 * 1024 * 1024);
  });

  test.each([
    ['JSON', '[', ']'],
    ['JSON objects', '{"a":', '}'],
  ])('%s nested 100,000 deep is a typed error', async (_, open, close) => {
    const body = `{"flavors":${open.repeat(100_000)}1${close.repeat(100_000)}}`;
    at.http.on(FLAVORS, { body });
    expect(await failureOf(listFlavors(at.cloud))).toMatchObject({ name: 'UnexpectedAnswerError' });
    at.http.on(FLAVORS, { status: 400, body });
    expect(await failureOf(listFlavors(at.cloud))).toMatchObject({ name: 'RejectedError' });
  });

  test.each([
    ['angle brackets', '<'.repeat(8_000_000)],
    ['blanks', ' '.repeat(8_000_000)],
    ['half a tag', `<a ${'"'.repeat(8_000_000)}`],
  ])('An error body of megabytes of %s is read in part, in linear time', async (_, body) => {
    at.http.on(FLAVORS, { status: 400, body });
    const error = await failureOf(listFlavors(at.cloud));
    expect(error.message.length).toBeLessThan(500);
  });

  test('A response that breaks off is a lost connection and is not parsed', async () => {
    const cut = new Readable({ read: () => undefined });
    cut.push('{"flavors":[]}');
    at.http.on(FLAVORS, [{ body: cut }, { body: flavors }]);
    void at.http.waitFor(FLAVORS).then(() => setImmediate(() => cut.destroy(new Error('cut'))));
    await expect(listFlavors(at.cloud)).resolves.toHaveLength(1);
    expect(at.http.requests(FLAVORS)).toHaveLength(2);
  });
});
