import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CloudsYAMLError } from '../../src/model/errors.ts';
import type { CloudAccess } from '../../src/openstack/login/cloud-access.ts';
import { systemClock } from '../../src/system/clock.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { tokenAnswer } from '../support/http-cloud.ts';
import { connectTo } from '../support/http-connect.ts';

const folder = mkdtempSync(join(tmpdir(), 'client-certificate-'));
const at = (name: string): string => join(folder, name);
const text = (name: string): string => readFileSync(at(name), 'utf8');
const seen: string[] = [];
let server: Server;
let origin = '';

/** Creates the key and the certificate of `name` with openssl, signed by the authority `ca`. */
function createCertificate(name: string, ...extra: readonly string[]): void {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`];
  execFileSync('openssl', ['req', '-x509', ...curve, ...files, ...extra], { cwd: folder, stdio: 'ignore' });
}

beforeAll(async () => {
  createCertificate('server', '-addext', 'subjectAltName=IP:127.0.0.1');
  createCertificate('client');
  createCertificate('other');
  writeFileSync(at('both.pem'), text('client.pem') + text('client.key'));
  const tls = { key: text('server.key'), cert: text('server.pem'), ca: text('client.pem') };
  server = createServer({ ...tls, requestCert: true }, (request, response) => {
    const { socket } = request;
    const client = socket instanceof TLSSocket ? String(socket.getPeerCertificate().subject.CN) : 'nobody';
    seen.push(`${request.method ?? ''} ${request.url ?? ''} by ${client}`);
    request.resume();
    response.setHeader('x-openstack-request-id', 'req-1');
    const answer = tokenAnswer(origin) as { status: number; headers: Record<string, string>; body: object };
    if (request.method === 'POST') response.writeHead(201, answer.headers).end(JSON.stringify(answer.body));
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{"flavors": []}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const connect = (access: Partial<CloudAccess>) =>
  connectTo(origin, {
    clock: systemClock,
    apiTimeoutMs: 2000,
    access: { cacert: at('server.pem'), ...access },
  });

describe('the client certificate of clouds.yaml', () => {
  test.each<[string, () => Partial<CloudAccess>]>([
    ['paths', () => ({ cert: at('client.pem'), key: at('client.key') })],
    ['PEM texts', () => ({ cacert: text('server.pem'), cert: text('client.pem'), key: text('client.key') })],
    ['one file for both', () => ({ cert: at('both.pem') })],
  ])(
    'Identity, control plane and data connections present the certificate, given as %s',
    async (_, access) => {
      seen.length = 0;
      const connection = await connect(access());
      const { compute, data } = connection.withSignal();
      await compute.send({ operation: 'list flavors', method: 'GET', path: '/flavors' });
      const response = await data.send({ method: 'GET', url: `${origin}/data` });
      response.body.destroy();
      expect(seen).toEqual([
        'POST /v3/auth/tokens by client',
        'GET /v2.1/flavors by client',
        'GET /data by client',
      ]);
      await connection.close();
    },
  );

  test('A server that asks for a certificate refuses a login without one', async () => {
    const connection = await connect({});
    await failureOf(connection.withSignal().identity.getToken());
    await connection.close();
  });

  test.each<[string, () => Partial<CloudAccess>, string]>([
    ['a missing file', () => ({ cert: at('none.pem') }), 'c1.cert: expected a readable PEM file'],
    ['a key of another certificate', () => ({ cert: at('client.pem'), key: at('other.key') }), 'and its key'],
    ['a certificate without a key', () => ({ cert: at('client.pem') }), 'c1.cert: expected a certificate'],
    [
      'authorities that are not PEM',
      () => ({ cacert: at('server.key') }),
      'c1.cacert: expected certificates',
    ],
    [
      'a key without its frame',
      () => ({ cert: at('client.pem'), key: 'MARKED' }),
      'c1.key: expected a readable',
    ],
  ])('The error for %s names the setting and not its content', async (_, access, message) => {
    const error = await failureOf(connect(access()));
    expect(error).toBeInstanceOf(CloudsYAMLError);
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch('MARKED');
  });

  test('All unreadable files are reported at once', async () => {
    const error = await failureOf(
      connect({ cacert: '/no/ca.pem', cert: '/no/cert.pem', key: '/no/key.pem' }),
    );
    expect(error.message.split('\n')).toHaveLength(3);
  });

  test('A cacert is not read when the verification is off', async () => {
    const off = { verify: false, cacert: '/no/ca.pem', cert: at('both.pem') };
    const connection = await connect(off);
    await connection.withSignal().identity.getToken();
    await connection.close();
  });
});
