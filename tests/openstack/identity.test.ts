import { describe, expect, test } from '@jest/globals';
import {
  CloudTimeoutError,
  CloudUnavailableError,
  ForbiddenError,
  UnauthorizedError,
  UnexpectedAnswerError,
} from '../../src/model/cloud-errors.ts';
import { Secret } from '../../src/model/secret.ts';
import { findServer } from '../../src/openstack/servers.ts';
import { TOKENS, tokenAnswer } from '../support/http-cloud.ts';
import { PASSWORD, connectTo } from '../support/http-connect.ts';
import { failureOf, useHttpCloud } from '../support/http-fixture.ts';

const at = useHttpCloud();
const SERVER = 'GET /v2.1/servers/*';
const server = { server: { id: 's1', name: 'one', status: 'ACTIVE' } };

describe('a login', () => {
  test('happens once for twenty parallel calls', async () => {
    at.http.on(SERVER, { body: server });
    await Promise.all(Array.from({ length: 20 }, (_, index) => findServer(at.cloud, `s${index}`)));
    expect(at.http.seen(TOKENS)).toHaveLength(1);
    expect(at.http.seen(SERVER)).toHaveLength(20);
  });

  test('does not happen before the first call', () => {
    expect(at.http.seen()).toEqual([]);
  });

  test('sends user, password and project, each with its domain', async () => {
    await at.cloud.projectId();
    expect(at.http.seen(TOKENS)[0]?.json).toEqual({
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: 'builder', domain: { name: 'Default' }, password: PASSWORD } },
        },
        scope: { project: { name: 'images', domain: { id: 'default' } } },
      },
    });
  });

  test('with ids sends no domains', async () => {
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
    await connection.under().projectId();
    expect(at.http.seen(TOKENS)[0]?.json).toEqual({
      auth: {
        identity: { methods: ['password'], password: { user: { id: 'u1', password: 'x' } } },
        scope: { project: { id: 'p1' } },
      },
    });
    await connection.close();
  });

  test('with an application credential sends no scope', async () => {
    const auth = { method: 'application_credential', id: 'ac', secret: new Secret('shh') } as const;
    const connection = await connectTo(at.http.origin, { clock: at.clock, access: { auth } });
    expect(await connection.under().projectId()).toBe('project-1');
    expect(at.http.seen(TOKENS)[0]?.json).toEqual({
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
  ] as const)('that is answered with %i fails as that', async (status, type, kind) => {
    at.http.on(TOKENS, { status, body: { error: { message: 'no', code: status } } });
    const error = await failureOf(at.cloud.projectId());
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ kind });
    expect(error.message).toMatch(`log in: the identity service of cloud c1 answered ${status}: no`);
  });

  test('that is wrong is not tried twice', async () => {
    at.http.on(TOKENS, { status: 401 });
    await failureOf(at.cloud.projectId());
    expect(at.http.seen(TOKENS)).toHaveLength(1);
  });

  test('is tried again after 503', async () => {
    at.http.on(TOKENS, [{ status: 503 }, tokenAnswer(at.http.origin)]);
    expect(await at.cloud.projectId()).toBe('project-1');
  });

  test('that fails once does not stand in the way of the next', async () => {
    at.http.on(TOKENS, [{ status: 401 }, tokenAnswer(at.http.origin)]);
    await failureOf(at.cloud.projectId());
    expect(await at.cloud.projectId()).toBe('project-1');
  });

  test('that gets no answer ends with the deadline of a call', async () => {
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
    ['another body', { status: 201, headers: { 'x-subject-token': 'marked-token' }, body: 'hello' }],
    [
      'no project: an unscoped token',
      {
        status: 201,
        headers: { 'x-subject-token': 'marked-token' },
        body: { token: { expires_at: '2099-01-01T00:00:00Z', user: { id: 'u' } } },
      },
    ],
    [
      'a time that is none',
      {
        status: 201,
        headers: { 'x-subject-token': 'marked-token' },
        body: { token: { expires_at: 'soon', user: { id: 'u' }, project: { id: 'p' }, catalog: [] } },
      },
    ],
  ])('that brings %s is an unexpected answer, and told without the token', async (_, answer) => {
    at.http.on(TOKENS, answer);
    const error = await failureOf(at.cloud.projectId());
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(error.message).not.toMatch('marked-token');
  });
});

describe('a token', () => {
  const inMinutes = (minutes: number, id: string) =>
    tokenAnswer(at.http.origin, id, new Date(at.clock.now() + minutes * 60_000).toISOString());

  test('is renewed five minutes before it ends', async () => {
    at.http.on(SERVER, { body: server });
    at.http.on(TOKENS, [inMinutes(60, 't1'), inMinutes(120, 't2')]);
    await findServer(at.cloud, 's1');
    at.clock.advance(54 * 60_000);
    await findServer(at.cloud, 's1');
    at.clock.advance(60_000);
    await findServer(at.cloud, 's1');
    expect(at.http.seen(SERVER).map(({ headers }) => headers['x-auth-token'])).toEqual(['t1', 't1', 't2']);
  });

  test('that is answered with 401 is replaced and the call repeated, also a POST', async () => {
    at.http.on('POST /v2.1/os-keypairs', [{ status: 401 }, { status: 201, body: {} }]);
    at.http.on(TOKENS, [tokenAnswer(at.http.origin, 't1'), tokenAnswer(at.http.origin, 't2')]);
    await at.cloud.compute.send({ operation: 'x', method: 'POST', path: '/os-keypairs', body: {} });
    const tokens = at.http.seen('POST /v2.1/os-keypairs').map(({ headers }) => headers['x-auth-token']);
    expect(tokens).toEqual(['t1', 't2']);
  });

  test('that is refused right after a login means that the credentials are wrong', async () => {
    at.http.on(SERVER, { status: 401, body: { error: { message: 'The request you have made' } } });
    const error = await failureOf(findServer(at.cloud, 's1'));
    expect(error).toBeInstanceOf(UnauthorizedError);
    expect(error.message).toMatch('check the credentials in clouds.yaml');
    expect(at.http.seen(SERVER)).toHaveLength(2);
    expect(at.http.seen(TOKENS)).toHaveLength(2);
  });

  test('that parallel calls lose together is renewed once', async () => {
    at.http.on(SERVER, ({ headers }) =>
      headers['x-auth-token'] === 'old' ? { status: 401 } : { body: server },
    );
    at.http.on(TOKENS, [tokenAnswer(at.http.origin, 'old'), tokenAnswer(at.http.origin, 'new')]);
    await Promise.all(Array.from({ length: 10 }, () => findServer(at.cloud, 's1')));
    expect(at.http.seen(TOKENS)).toHaveLength(2);
  });
});
