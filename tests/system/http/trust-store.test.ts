import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { InputError } from '../../../src/model/errors.ts';
import { downloadText } from '../../../src/system/http/download.ts';
import { openHttp } from '../../../src/system/http/http.ts';
import { type Trust, openTrustStore, trustOnly } from '../../../src/system/http/trust-store.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { Closers } from '../../support/closers.ts';
import { type HttpCloud, startHttpCloud } from '../../support/http-cloud.ts';
import { connectTo } from '../../support/http-connect.ts';
import { EXPIRED_CA, type PrivateCa, createPrivateCa } from '../../support/private-ca.ts';
import { SkippingClock } from '../../support/skipping-clock.ts';

const closers = new Closers();
const folder = mkdtempSync(join(tmpdir(), 'trust-'));
let ca: PrivateCa;
let web: HttpCloud;

const put = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

beforeAll(async () => {
  ca = createPrivateCa();
  web = await startHttpCloud(undefined, ca.server);
  web.on('GET /file', { body: 'content' });
});
afterEach(() => closers.close());
afterAll(async () => {
  await web.close();
  rmSync(folder, { recursive: true });
});

function download(trust: Trust, verify = true): Promise<string> {
  const http = openHttp({ trust, verify, stallTimeoutMs: 10_000 });
  closers.add(() => http.close());
  return downloadText(http, `${web.origin}/file`, 100, new AbortController().signal);
}

const trustOf = (env: Readonly<Record<string, string>>, pem?: string): Trust =>
  openTrustStore(env).trust('set the option', pem);

describe('a certificate of a private authority', () => {
  test('A private authority in the bundle of SSL_CERT_FILE is trusted', async () => {
    const bundle = `# comment: é\n${rootCertificates.slice(0, 3).join('\n')}\n\nPrivate CA\n=====\n${ca.ca}`;
    expect(await download(trustOf({ SSL_CERT_FILE: put('bundle.pem', bundle) }))).toBe('content');
  });

  test('A private authority in a file of a folder of SSL_CERT_DIR is trusted', async () => {
    put('private.crt', ca.ca);
    expect(await download(trustOf({ SSL_CERT_DIR: `:/usr/share:${folder}` }))).toBe('content');
  });

  test('A private authority in the file of NODE_EXTRA_CA_CERTS is trusted, and a missing file is not an error', async () => {
    expect(await download(trustOf({ NODE_EXTRA_CA_CERTS: put('extra.pem', ca.ca) }))).toBe('content');
    expect((await failureOf(download(trustOf({ NODE_EXTRA_CA_CERTS: '/gone' })))).message).toMatch(
      'set the option',
    );
  });

  test('A private authority that is given in addition is trusted, and the store stays unchanged', async () => {
    const store = openTrustStore({});
    expect(await download(store.trust('', ca.ca))).toBe('content');
    expect(await failureOf(download(store.trust('set the option')))).toBeInstanceOf(Error);
  });

  test('A damaged certificate in the bundle does not affect the others', async () => {
    const damaged =
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n';
    expect(await download(trustOf({ SSL_CERT_FILE: put('damaged.pem', `${damaged}\n${ca.ca}`) }))).toBe(
      'content',
    );
  });

  test('An unknown authority is an error that says what to do', async () => {
    const error = await failureOf(download(trustOf({})));
    expect(error.message).toMatch(
      /^https:\/\/127\.0\.0\.1:\d+ gave no answer: .*certificate.*; set the option$/,
    );
  });

  test('A connection that does not verify accepts an unknown authority', async () => {
    expect(await download(trustOf({}), false)).toBe('content');
  });

  test('All connections share one TLS context, which is created at its first use', () => {
    const store = openTrustStore({});
    expect(store.trust('one').context()).toBe(store.trust('two').context());
  });
});

describe('a cloud with a private authority', () => {
  const login = async (trust: Trust, cacert?: string): Promise<unknown> => {
    const connection = await connectTo(web.origin, { clock: new SkippingClock(), trust, access: { cacert } });
    closers.add(() => connection.close());
    return connection.withSignal().identity.getToken();
  };

  test('A cloud is reached with the authorities of the store, and with its own cacert', async () => {
    await expect(login(trustOf({ SSL_CERT_FILE: put('bundle.pem', ca.ca) }))).resolves.toBeDefined();
    await expect(login(trustOf({}), put('cacert.pem', ca.ca))).resolves.toBeDefined();
  });

  test('The cacert of a cloud replaces all other authorities, and an error names it', async () => {
    const others = put('others.pem', rootCertificates[0] ?? '');
    const error = await failureOf(login(trustOf({}, ca.ca), others));
    expect(error.message).toMatch(
      /did not respond: .*; correct clouds\.c1\.cacert, which replaces all other authorities/,
    );
  });

  test('An expired authority is an error of the connection and not of its reading', async () => {
    expect(() => trustOnly(EXPIRED_CA, '').context()).not.toThrow();
    expect((await failureOf(login(trustOf({}, EXPIRED_CA)))).message).toMatch('certificate');
  });
});

describe('a variable that names no store', () => {
  test.each([
    ['SSL_CERT_FILE', '/gone/ca.pem', 'ENOENT'],
    ['SSL_CERT_FILE', '/dev', 'not a file'],
    ['SSL_CERT_DIR', '/gone', 'ENOENT'],
  ])('%s=%s is an error that names both', (variable, value, code) => {
    const open = (): unknown => openTrustStore({ [variable]: value });
    expect(open).toThrow(InputError);
    expect(open).toThrow(
      `${variable}: expected certificates in PEM, got ${value}, which cannot be read (${code})`,
    );
  });

  test('A bundle that is too large is not read', () => {
    const path = put('large.pem', 'x'.repeat(8 * 1024 * 1024 + 1));
    expect(() => openTrustStore({ SSL_CERT_FILE: path })).toThrow('more than 8388608 bytes');
  });

  test('A device is not read as a bundle', () => {
    expect(() => openTrustStore({ SSL_CERT_FILE: '/dev/zero' })).toThrow('not a file');
  });
});
