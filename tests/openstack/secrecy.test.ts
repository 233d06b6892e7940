import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/model/secret.ts';
import { uploadImageData } from '../../src/openstack/image-data.ts';
import { createKeypair } from '../../src/openstack/keypairs.ts';
import { findServer } from '../../src/openstack/servers.ts';
import { Readable } from 'node:stream';
import { type Script, TOKENS, tokenAnswer } from '../support/http-cloud.ts';
import { PASSWORD, connectTo } from '../support/http-connect.ts';
import { failureOf, useHttpCloud } from '../support/http-fixture.ts';

const at = useHttpCloud();
const TOKEN = 'token-MARKED';

/** All that a careless log could print of an error. */
function printed(error: Error): string {
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
  'a read': () => findServer(at.cloud, 's1'),
  'a change': () => createKeypair(at.cloud, { name: 'k', publicKey: 'a b' }),
  'an upload': () =>
    uploadImageData(
      at.cloud,
      'i1',
      { source: Readable.from([Buffer.from('abc')]), size: 3 },
      new AbortController().signal,
    ),
};
const routes = ['GET /v2.1/servers/*', 'POST /v2.1/os-keypairs', 'PUT /v2/images/*/file'];

async function* half(): AsyncGenerator<string> {
  yield '{"server"';
  await new Promise((resolve) => setImmediate(resolve));
  throw new Error('cut');
}

const scripts: Readonly<Record<string, Script>> = {
  'a connection that is cut': 'reset',
  'a refusal': { status: 403, body: { forbidden: { message: 'no' } } },
  'a second 401': { status: 401, body: 'Unauthorized' },
  'an HTML page': { status: 500, body: '<html>oops</html>' },
  'another shape': { body: { server: [] } },
  'a conflict': { status: 409, body: {} },
  'half an answer': () => ({ headers: { 'content-length': '100' }, body: Readable.from(half()) }),
};

describe.each(Object.entries(calls))('%s that ends in', (_, call) => {
  test.each(Object.entries(scripts))('%s tells neither token nor password', async (_title, script) => {
    at.http.on(TOKENS, tokenAnswer(at.http.origin, TOKEN));
    for (const route of routes) at.http.on(route, script);
    const text = await call().then(
      () => '',
      (error: unknown) => printed(error as Error),
    );
    expect(text).not.toMatch('MARKED');
  });
});

describe('a login', () => {
  test.each<[string, Script]>([
    ['is cut', 'reset'],
    ['is refused with an echo of nothing', { status: 401, body: { error: { message: 'wrong' } } }],
    ['brings no token header', { status: 201, body: { token: {} } }],
    ['brings a token without a catalogue', { status: 201, headers: { 'x-subject-token': TOKEN }, body: {} }],
  ])('that %s tells neither token nor password', async (_, script) => {
    at.http.on(TOKENS, script);
    expect(printed(await failureOf(at.cloud.projectId()))).not.toMatch('MARKED');
  });

  test('at an address with a user and password in it does not tell them', async () => {
    const authUrl = `${at.http.origin.replace('://', '://me:url-MARKED@')}/v3`;
    const secret = new Secret('ac-MARKED');
    const auth = { method: 'application_credential', id: 'ac', secret } as const;
    const connection = await connectTo(at.http.origin, { clock: at.clock, access: { authUrl, auth } });
    at.http.on(TOKENS, 'reset');
    expect(printed(await failureOf(connection.under().projectId()))).not.toMatch('MARKED');
    await connection.close();
  });
});

test('what the service echoes of the password does not reach the message', async () => {
  at.http.on(TOKENS, { status: 400, body: { error: { message: `Invalid: {'password': '${PASSWORD}'}` } } });
  expect((await failureOf(at.cloud.projectId())).message).not.toMatch('MARKED');
});
