import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/model/secret.ts';
import { uploadImageData } from '../../src/openstack/image-data.ts';
import { createKeypair } from '../../src/openstack/keypairs.ts';
import { findServer } from '../../src/openstack/servers.ts';
import { Readable } from 'node:stream';
import { type Script, TOKENS, tokenAnswer } from '../support/http-cloud.ts';
import { PASSWORD, connectTo } from '../support/http-connect.ts';
import { failureOf, useHttpCloud } from '../support/cloud-fixture.ts';

const at = useHttpCloud();
const TOKEN = 'token-MARKED';

/** Returns everything that a log could print of an error: hidden properties, causes and stacks included. */
function printAll(error: Error): string {
  const everything = inspect(error, {
    depth: 20,
    showHidden: true,
    getters: true,
    maxStringLength: Infinity,
  });
  const causes: string[] = [];
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    causes.push(each.message, String(each.stack), JSON.stringify(each));
  }
  return [everything, ...causes].join('\n');
}

const calls = {
  'A read': () => findServer(at.cloud, 's1'),
  'A change': () => createKeypair(at.cloud, { name: 'k', publicKey: 'a b' }),
  'An upload': () =>
    uploadImageData(
      at.cloud,
      'i1',
      { source: Readable.from([Buffer.from('abc')]), size: 3, timeoutMs: 60_000 },
      new AbortController().signal,
    ),
};
const routes = ['GET /v2.1/servers/*', 'POST /v2.1/os-keypairs', 'PUT /v2/images/*/file'];

async function* truncatedBody(): AsyncGenerator<string> {
  yield '{"server"';
  await new Promise((resolve) => setImmediate(resolve));
  throw new Error('cut');
}

const scripts: Readonly<Record<string, Script>> = {
  'a reset connection': 'reset',
  'status 403': { status: 403, body: { forbidden: { message: 'no' } } },
  'a second 401': { status: 401, body: 'Unauthorized' },
  'status 500 and an HTML page': { status: 500, body: '<html>oops</html>' },
  'a body of the wrong type': { body: { server: [] } },
  'status 409': { status: 409, body: {} },
  'a truncated response': () => ({
    headers: { 'content-length': '100' },
    body: Readable.from(truncatedBody()),
  }),
};

describe.each(Object.entries(calls))('errors of calls: %s', (_, call) => {
  test.each(Object.entries(scripts))('The error for %s contains no secret', async (_title, script) => {
    at.http.on(TOKENS, tokenAnswer(at.http.origin, TOKEN));
    for (const route of routes) at.http.on(route, script);
    const text = await call().then(
      () => '',
      (error: unknown) => printAll(error as Error),
    );
    expect(text).not.toMatch('MARKED');
  });
});

describe('errors of the login', () => {
  test.each<[string, Script]>([
    ['a reset connection', 'reset'],
    ['status 401', { status: 401, body: { error: { message: 'wrong' } } }],
    ['a missing token header', { status: 201, body: { token: {} } }],
    ['a missing catalogue', { status: 201, headers: { 'x-subject-token': TOKEN }, body: {} }],
  ])('The error of a login with %s contains neither token nor password', async (_, script) => {
    at.http.on(TOKENS, script);
    expect(printAll(await failureOf(at.cloud.projectId()))).not.toMatch('MARKED');
  });

  test('The error of a login does not contain the credentials of the auth URL', async () => {
    const authUrl = `${at.http.origin.replace('://', '://me:url-MARKED@')}/v3`;
    const secret = new Secret('ac-MARKED');
    const auth = { method: 'application_credential', id: 'ac', secret } as const;
    const connection = await connectTo(at.http.origin, { clock: at.clock, access: { authUrl, auth } });
    at.http.on(TOKENS, 'reset');
    expect(printAll(await failureOf(connection.withSignal().projectId()))).not.toMatch('MARKED');
    await connection.close();
  });
});

test('A password that Keystone echoes is removed from the error message', async () => {
  at.http.on(TOKENS, { status: 400, body: { error: { message: `Invalid: {'password': '${PASSWORD}'}` } } });
  expect((await failureOf(at.cloud.projectId())).message).not.toMatch('MARKED');
});
