import { describe, expect, test } from '@jest/globals';
import {
  CloudTimeoutError,
  CloudUnavailableError,
  ForbiddenError,
  UnauthorizedError,
  UnexpectedAnswerError,
} from '../../../src/model/cloud/cloud-errors.ts';
import { Secret } from '../../../src/model/secret.ts';
import { findServer } from '../../../src/openstack/servers.ts';
import { TOKENS, tokenAnswer } from '../../support/http-cloud.ts';
import { PASSWORD, connectTo } from '../../support/http-connect.ts';
import { failureOf, useHttpCloud } from '../../support/cloud-fixture.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useHttpCloud();
const SERVER = 'GET /v2.1/servers/*';
const server = { server: { id: uuidOf('s1'), name: 'one', status: 'ACTIVE' } };

describe('login at Keystone', () => {
  test('Twenty parallel calls share one login', async () => {
    at.http.on(SERVER, { body: server });
    await Promise.all(Array.from({ length: 20 }, (_, index) => findServer(at.cloud, `s${index}`)));
    expect(at.http.requests(TOKENS)).toHaveLength(1);
    expect(at.http.requests(SERVER)).toHaveLength(20);
  });

  test('Opening a cloud sends no request before the first call', () => {
    expect(at.http.requests()).toEqual([]);
  });

  test('A login by password sends user, password and project, with the domains of user and project', async () => {
    await at.cloud.projectId();
    expect(at.http.requests(TOKENS)[0]?.json).toEqual({
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: 'builder', domain: { name: 'Default' }, password: PASSWORD } },
        },
        scope: { project: { name: 'images', domain: { id: 'default' } } },
      },
    });
  });

  test('A login with a user id and a project id sends no domains', async () => {
    const access = {
      auth: {
        method: 'password',
        user: { id: 'u1' },
        userDomain: { name: 'Default' },
        password: new Secret('x'),
        project: { id: 'p1' },
        projectDomain: undefined,
      },
    } as const;
    const connection = await connectTo(at.http.origin, { clock: at.clock, access });
    await connection.withSignal().projectId();
    expect(at.http.requests(TOKENS)[0]?.json).toEqual({
      auth: {
        identity: { methods: ['password'], password: { user: { id: 'u1', password: 'x' } } },
        scope: { project: { id: 'p1' } },
      },
    });
    await connection.close();
  });

  test('A login with an application credential sends no scope', async () => {
    const auth = { method: 'application_credential', id: 'ac', secret: new Secret('shh') } as const;
    const connection = await connectTo(at.http.origin, { clock: at.clock, access: { auth } });
    expect(await connection.withSignal().projectId()).toBe('project-1');
    expect(at.http.requests(TOKENS)[0]?.json).toEqual({
      auth: {
        identity: {
          methods: ['application_credential'],
          application_credential: { id: 'ac', secret: 'shh' },
        },
      },
    });
    await connection.close();
  });

  test.each([
    [401, UnauthorizedError, 'denied'],
    [403, ForbiddenError, 'denied'],
    [503, CloudUnavailableError, 'unavailable'],
  ] as const)('A login that returns %i fails with the matching error', async (status, type, kind) => {
    at.http.on(TOKENS, { status, body: { error: { message: 'no', code: status } } });
    const error = await failureOf(at.cloud.projectId());
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ kind });
    expect(error.message).toMatch(`log in: the identity service of cloud c1 answered ${status}: no`);
  });

  test('A login that returns 401 is not retried', async () => {
    at.http.on(TOKENS, { status: 401 });
    await failureOf(at.cloud.projectId());
    expect(at.http.requests(TOKENS)).toHaveLength(1);
  });

  test('A login that returns 503 is retried', async () => {
    at.http.on(TOKENS, [{ status: 503 }, tokenAnswer(at.http.origin)]);
    expect(await at.cloud.projectId()).toBe('project-1');
  });

  test('A failed login does not prevent a later one', async () => {
    at.http.on(TOKENS, [{ status: 401 }, tokenAnswer(at.http.origin)]);
    await failureOf(at.cloud.projectId());
    expect(await at.cloud.projectId()).toBe('project-1');
  });

  test('A login without a response fails at the deadline of the call and names --api-timeout', async () => {
    at.http.on(TOKENS, 'hang');
    const failure = failureOf(at.cloud.projectId());
    await at.http.waitFor(TOKENS);
    at.clock.advance(60_000);
    const error = await failure;
    expect(error).toBeInstanceOf(CloudTimeoutError);
    expect(error.message).toMatch('--api-timeout');
  });

  test.each([
    ['no token header', { status: 201, body: { token: {} } }],
    [
      'a body that is not JSON',
      { status: 201, headers: { 'x-subject-token': 'marked-token' }, body: 'hello' },
    ],
    [
      'a token without a project',
      {
        status: 201,
        headers: { 'x-subject-token': 'marked-token' },
        body: { token: { expires_at: '2099-01-01T00:00:00Z', user: { id: 'u' } } },
      },
    ],
    [
      'a malformed expiry time',
      {
        status: 201,
        headers: { 'x-subject-token': 'marked-token' },
        body: { token: { expires_at: 'soon', user: { id: 'u' }, project: { id: 'p' }, catalog: [] } },
      },
    ],
  ])('A login that returns %s fails with an error that does not contain the token', async (_, answer) => {
    at.http.on(TOKENS, answer);
    const error = await failureOf(at.cloud.projectId());
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(error.message).not.toMatch('marked-token');
  });
});

describe('token', () => {
  const inMinutes = (minutes: number, id: string) =>
    tokenAnswer(at.http.origin, id, new Date(at.clock.now() + minutes * 60_000).toISOString());

  test('A token is renewed five minutes before it expires', async () => {
    at.http.on(SERVER, { body: server });
    at.http.on(TOKENS, [inMinutes(60, 't1'), inMinutes(120, 't2')]);
    await findServer(at.cloud, uuidOf('s1'));
    at.clock.advance(54 * 60_000);
    await findServer(at.cloud, uuidOf('s1'));
    at.clock.advance(60_000);
    await findServer(at.cloud, uuidOf('s1'));
    expect(at.http.requests(SERVER).map(({ headers }) => headers['x-auth-token'])).toEqual([
      't1',
      't1',
      't2',
    ]);
  });

  test('A call that returns 401 is repeated with a new token, even a POST', async () => {
    at.http.on('POST /v2.1/os-keypairs', [{ status: 401 }, { status: 201, body: {} }]);
    at.http.on(TOKENS, [tokenAnswer(at.http.origin, 't1'), tokenAnswer(at.http.origin, 't2')]);
    await at.cloud.compute.send({ operation: 'x', method: 'POST', path: '/os-keypairs', body: {} });
    const tokens = at.http.requests('POST /v2.1/os-keypairs').map(({ headers }) => headers['x-auth-token']);
    expect(tokens).toEqual(['t1', 't2']);
  });

  test('A second 401 right after a new login is reported as wrong credentials', async () => {
    at.http.on(SERVER, { status: 401, body: { error: { message: 'The request you have made' } } });
    const error = await failureOf(findServer(at.cloud, uuidOf('s1')));
    expect(error).toBeInstanceOf(UnauthorizedError);
    expect(error.message).toMatch('check the credentials in clouds.yaml');
    expect(at.http.requests(SERVER)).toHaveLength(2);
    expect(at.http.requests(TOKENS)).toHaveLength(2);
  });

  test('Parallel calls that return 401 share one new login', async () => {
    at.http.on(SERVER, ({ headers }) =>
      headers['x-auth-token'] === 'old' ? { status: 401 } : { body: server },
    );
    at.http.on(TOKENS, [tokenAnswer(at.http.origin, 'old'), tokenAnswer(at.http.origin, 'new')]);
    await Promise.all(Array.from({ length: 10 }, () => findServer(at.cloud, uuidOf('s1'))));
    expect(at.http.requests(TOKENS)).toHaveLength(2);
  });
});
