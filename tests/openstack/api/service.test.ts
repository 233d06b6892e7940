import { describe, expect, test } from '@jest/globals';
import {
  CloudTimeoutError,
  CloudUnavailableError,
  ConflictError,
  ForbiddenError,
  RejectedError,
  UnexpectedAnswerError,
} from '../../../src/model/cloud/cloud-errors.ts';
import { CancelledError } from '../../../src/model/errors.ts';
import { listFlavors } from '../../../src/openstack/flavors.ts';
import { createKeypair, deleteKeypair } from '../../../src/openstack/keypairs.ts';
import { findServer } from '../../../src/openstack/servers.ts';
import { type HttpCloud, TOKENS, startHttpCloud, tokenAnswer } from '../../support/http-cloud.ts';
import { connectTo } from '../../support/http-connect.ts';
import { failureOf, useHttpCloud } from '../../support/cloud-fixture.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useHttpCloud();
const SERVER = 'GET /v2.1/servers/*';
const KEYPAIRS = 'POST /v2.1/os-keypairs';
const good = { body: { server: { id: uuidOf('s1'), name: 'one', status: 'ACTIVE' } } };
const get = () => findServer(at.cloud, uuidOf('s1'));
const post = () => createKeypair(at.cloud, { name: 'k', publicKey: 'ssh-ed25519 AAAA' });

describe('temporary failure', () => {
  test('A call that returns 429 is retried after the Retry-After delay, even a POST', async () => {
    at.http.on(KEYPAIRS, [
      { status: 429, headers: { 'retry-after': '7' } },
      { status: 201, body: {} },
    ]);
    await post();
    expect(at.http.requests(KEYPAIRS)).toHaveLength(2);
    expect(at.clock.naps).toEqual([7000]);
  });

  test('A call that returns 429 with a date in Retry-After is retried after the default delay', async () => {
    at.http.on(SERVER, [{ status: 429, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } }, good]);
    await get();
    expect(at.clock.naps[0]).toBeLessThanOrEqual(500);
  });

  test.each([500, 502, 503, 504])(
    'A GET that returns %i is retried with increasing delays',
    async (status) => {
      at.http.on(SERVER, [{ status }, { status }, { status }, good]);
      await expect(get()).resolves.toMatchObject({ id: uuidOf('s1') });
      const [first = 0, second = 0, third = 0] = at.clock.naps;
      expect([first >= 250, first <= 500]).toEqual([true, true]);
      expect([second >= 500, second <= 1000]).toEqual([true, true]);
      expect([third >= 1000, third <= 2000]).toEqual([true, true]);
    },
  );

  test.each([500, 502, 503, 504])(
    'A POST that returns %i is not retried, because it may have been executed',
    async (status) => {
      at.http.on(KEYPAIRS, { status });
      expect(await failureOf(post())).toBeInstanceOf(CloudUnavailableError);
      expect(at.http.requests(KEYPAIRS)).toHaveLength(1);
    },
  );

  test('A DELETE that returns 503 is retried', async () => {
    at.http.on('DELETE /v2.1/os-keypairs/k', [{ status: 503 }, { status: 202 }]);
    await deleteKeypair(at.cloud, 'k');
    expect(at.http.requests('DELETE /v2.1/os-keypairs/k')).toHaveLength(2);
  });

  test('A call fails with the last error after four attempts', async () => {
    at.http.on(SERVER, { status: 503, body: 'Service Unavailable' });
    const error = await failureOf(get());
    expect(error).toMatchObject({ kind: 'unavailable', name: 'BusyError' });
    expect(error.message).toMatch(`get server ${uuidOf('s1')}: the compute service of cloud c1 answered 503`);
    expect(at.http.requests(SERVER)).toHaveLength(4);
  });
});

describe('permanent failure', () => {
  test.each([
    [400, RejectedError, { badRequest: { code: 400, message: 'Bad name' } }],
    [403, ForbiddenError, { forbidden: { code: 403, message: 'Bad name' } }],
    [409, ConflictError, { NeutronError: { type: 'x', message: 'Bad name', detail: '' } }],
    [413, ForbiddenError, { overLimit: { message: 'Bad name' } }],
  ] as const)(
    'A POST that returns %i fails at once with the message of the service',
    async (status, type, body) => {
      at.http.on(KEYPAIRS, { status, body });
      const error = await failureOf(post());
      expect(error).toBeInstanceOf(type);
      expect(error.message).toBe(
        `create keypair k: the compute service of cloud c1 answered ${status}: Bad name (request req-1)`,
      );
      expect(at.http.requests(KEYPAIRS)).toHaveLength(1);
    },
  );

  test('The error of a rejected call contains the request id of the service', async () => {
    at.http.on(KEYPAIRS, { status: 400, headers: { 'x-openstack-request-id': 'req-77' }, body: {} });
    const error = await failureOf(post());
    expect(error.message).toMatch('(request req-77)');
    expect(error).toMatchObject({ call: { requestId: 'req-77', status: 400, service: 'compute' } });
  });

  test('The error of a failed call contains the text of an HTML page, shortened if it is long', async () => {
    at.http.on(KEYPAIRS, {
      status: 500,
      body: `<html><head><title>500 Internal</title></head><body><p>${'x'.repeat(5000)}</p></body></html>`,
    });
    const error = await failureOf(post());
    expect(error.message).toMatch(/answered 500: x+ \(request req-1\)$/);
    expect(error.message.length).toBeLessThan(500);
  });

  test('The error for a response without a body ends with the status', async () => {
    at.http.on(KEYPAIRS, { status: 500 });
    expect((await failureOf(post())).message).toMatch(/answered 500 \(request req-1\)$/);
  });
});

describe('response body', () => {
  test.each([
    ['JSON without the expected key', { body: { servers: [] } }, 'server: expected a mapping, got nothing'],
    ['no body', {}, 'expected a mapping, got nothing'],
    ['HTML', { body: '<html>login</html>' }, 'expected a mapping, got a string'],
    [
      'truncated JSON',
      { headers: { 'content-type': 'application/json' }, body: '{"server": {' },
      'got a string',
    ],
    ['a list', { body: [] }, 'expected a mapping, got a list'],
    [
      'null',
      { headers: { 'content-type': 'application/json' }, body: 'null' },
      'expected a mapping, got null',
    ],
  ])('A response of status 200 with %s is an UnexpectedAnswerError', async (_, answer, message) => {
    at.http.on(SERVER, answer);
    const error = await failureOf(get());
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(error.message).toMatch(message);
  });

  test('The error for an invalid response body lists all of its invalid fields', async () => {
    at.http.on(SERVER, { body: { server: { id: uuidOf('s1'), status: 7 } } });
    const { message } = await failureOf(get());
    expect(message).toMatch('server.status: expected a text of 1 to 255 characters, got a number');
    expect(message).toMatch('server.name: expected a text of 1 to 255 characters, got nothing');
  });
});

describe('missing response', () => {
  test('A GET without a response is retried after half of the deadline and fails at the deadline', async () => {
    at.http.on(SERVER, 'hang');
    const failure = failureOf(get());
    await at.http.waitFor(SERVER);
    at.clock.advance(30_000);
    await at.http.waitFor(SERVER, 2);
    at.clock.advance(30_000);
    const error = await failure;
    expect(error).toBeInstanceOf(CloudTimeoutError);
    expect(error.message).toMatch(
      `get server ${uuidOf('s1')}: the compute service of cloud c1 did not answer within 60 s`,
    );
    expect(error.message).toMatch(/; --api-timeout sets the limit$/);
  });

  test('A POST without a response fails at the deadline without a retry', async () => {
    at.http.on(KEYPAIRS, 'hang');
    const failure = failureOf(post());
    await at.http.waitFor(KEYPAIRS);
    at.clock.advance(60_000);
    expect(await failure).toBeInstanceOf(CloudTimeoutError);
    expect(at.http.requests(KEYPAIRS)).toHaveLength(1);
  });

  test('A GET succeeds when the second attempt gets a response', async () => {
    at.http.on(SERVER, ['hang', good]);
    const found = get();
    await at.http.waitFor(SERVER);
    at.clock.advance(30_000);
    await expect(found).resolves.toMatchObject({ id: uuidOf('s1') });
  });

  test('A reset connection makes a GET retry and a POST fail', async () => {
    at.http.on(SERVER, ['reset', good]);
    await get();
    at.http.on(KEYPAIRS, 'reset');
    const error = await failureOf(post());
    expect(error.message).toMatch('socket hang up');
    expect(at.http.requests(KEYPAIRS)).toHaveLength(1);
  });

  test('A refused connection is retried, even for a POST, and the error names ECONNREFUSED', async () => {
    const gone = await startHttpCloud();
    const connection = await connectTo(gone.origin, { clock: at.clock });
    await connection.withSignal().projectId();
    await gone.close();
    const error = await failureOf(createKeypair(connection.withSignal(), { name: 'k', publicKey: 'a b' }));
    expect(error).toMatchObject({ kind: 'unavailable', wasNeverSent: true });
    expect(error.message).toMatch('ECONNREFUSED');
    expect(at.clock.naps).toHaveLength(3);
    await connection.close();
  });

  test('A GET ends at once when its signal aborts', async () => {
    at.http.on(SERVER, 'hang');
    const stop = new AbortController();
    const failure = failureOf(findServer(at.connection.withSignal(stop.signal), uuidOf('s1')));
    await at.http.waitFor(SERVER);
    stop.abort(new CancelledError('stopped by SIGTERM'));
    await expect(failure).resolves.toMatchObject({ kind: 'cancelled', message: 'stopped by SIGTERM' });
  });

  test('A POST runs to its end even after its signal aborts, so that its outcome is known', async () => {
    let respond: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (respond = resolve));
    at.http.on(KEYPAIRS, async () => {
      await answered;
      return { status: 201, body: {} };
    });
    const stop = new AbortController();
    const created = createKeypair(at.connection.withSignal(stop.signal), { name: 'k', publicKey: 'a b' });
    await at.http.waitFor(KEYPAIRS);
    stop.abort(new CancelledError('stopped'));
    respond();
    await expect(created).resolves.toMatchObject({ name: 'k' });
  });
});

describe('request', () => {
  test('A request carries the token and accepts JSON', async () => {
    at.http.on('GET /v2.1/flavors/detail', { body: { flavors: [] } });
    await listFlavors(at.cloud);
    const [request] = at.http.requests('GET /v2.1/flavors/detail');
    expect(request?.headers).toMatchObject({ 'x-auth-token': 'token-1', accept: 'application/json' });
  });

  test('Parallel requests to two clouds each carry the token of their own cloud', async () => {
    at.http.on(SERVER, good);
    const other = await startHttpCloud();
    for (const http of [at.http, other]) http.on(SERVER, good);
    other.on(TOKENS, tokenAnswer(other.origin, 'token-of-the-other'));
    const connection = await connectTo(other.origin, { clock: at.clock });
    await Promise.all([get(), findServer(connection.withSignal(), uuidOf('s1')), get()]);
    const tokens = (http: HttpCloud) => http.requests(SERVER).map(({ headers }) => headers['x-auth-token']);
    expect([tokens(at.http), tokens(other)]).toEqual([['token-1', 'token-1'], ['token-of-the-other']]);
    await connection.close();
    await other.close();
  });
});
