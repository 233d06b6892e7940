import { beforeEach, describe, expect, test } from '@jest/globals';
import { CancelledError } from '../../src/model/errors.ts';
import { TOKENS } from '../support/http-cloud.ts';
import { useHttpCloud } from '../support/cloud-fixture.ts';
import { useProgram } from './run-program.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useHttpCloud();
const program = useProgram(at);
const { run } = program;

beforeEach(() => program.writeClouds({ c1: at.http.origin }));

const images = (...list: object[]) => {
  at.http.on('GET /v2/images', { body: { images: list } });
};
const image = (word: string, status = 'active', created_at = '') => ({
  id: uuidOf(word),
  name: 'n',
  status,
  owner: 'project-1',
  created_at,
});

describe('latest-build-id', () => {
  test('The command latest-build-id prints the id as JSON', async () => {
    images(image('i1'));
    const { code, json } = await run(['latest-build-id', 'n']);
    expect(code).toBe(0);
    expect(json()).toMatchObject({ cloud: 'c1', image_name: 'n', image_id: uuidOf('i1'), warnings: [] });
  });

  test.each([
    ['nothing without an image', [], [], ''],
    ['the newest active image', [image('b', 'queued', '2'), image('a')], [], uuidOf('a')],
    [
      'an image of any status with --any-status',
      [image('b', 'queued', '2'), image('a')],
      ['--any-status'],
      uuidOf('b'),
    ],
  ])('The text output of latest-build-id is %s', async (_, list, more, id) => {
    images(...list);
    const { code, out } = await run(['latest-build-id', 'n', '--format', 'text', ...more]);
    expect({ code, out }).toEqual({ code: 0, out: id });
  });
});

describe('a failure of the program', () => {
  const latest = ['latest-build-id', 'n'];

  test('Wrong credentials end the program with 3 and are reported on both outputs', async () => {
    at.http.on(TOKENS, { status: 401, body: { error: { message: 'wrong' } } });
    const { code, err, json } = await run(latest);
    expect(code).toBe(3);
    expect(err).toMatch(/ERROR: log in: the identity service of cloud c1 answered 401: wrong/);
    expect(json()).toMatchObject({ error: { kind: 'denied' } });
  });

  test('An unavailable cloud ends the program with 4', async () => {
    at.http.on(TOKENS, { status: 503 });
    const { code, json } = await run(latest);
    expect(code).toBe(4);
    expect(json()).toMatchObject({ error: { kind: 'unavailable' } });
  });

  test('Invalid options end the program with 2 and are all reported', async () => {
    const { code, err, json } = await run(['run', 'n', '-k', '0', '--arch', 'mips']);
    expect(code).toBe(2);
    expect(err).toMatch(/--keep-revisions[^]*--arch|--arch[^]*--keep-revisions/);
    expect(json()).toMatchObject({ error: { kind: 'input', type: 'InputError' } });
  });

  test('A cloud that is not in clouds.yaml ends the program with 2', async () => {
    const { code, err } = await run([...latest, '--os-cloud', 'c9']);
    expect(code).toBe(2);
    expect(err).toMatch('expected one of the clouds c1, got c9');
  });

  test('An invalid script URL in the environment ends the program with 2 and is not repeated', async () => {
    const env = { IMAGE_BUILDER_SCRIPT_URL: 'url-MARKED' };
    const { code, err } = await run(['run', 'n'], { env });
    expect(err).not.toMatch('MARKED');
    expect(code).toBe(2);
  });

  test('A signal ends the program with the exit code of the signal', async () => {
    const signal = AbortSignal.abort(new CancelledError('stopped by SIGTERM'));
    const { code, json } = await run(latest, { signal, stoppedBy: () => 'SIGTERM' });
    expect(code).toBe(143);
    expect(json()).toMatchObject({ error: { kind: 'cancelled' } });
  });

  test('A failure in text format prints nothing on stdout', async () => {
    at.http.on(TOKENS, { status: 401 });
    expect((await run([...latest, '--format', 'text'])).out).toBe('');
  });

  test('Invalid options in text format print nothing on stdout', async () => {
    expect((await run(['run', 'n', '-k', '0', '--format', 'text'])).out).toBe('');
  });
});

describe('prune', () => {
  test('The command prune reports the outcome of each revision', async () => {
    images({ ...image('new'), created_at: '2' }, { ...image('old'), created_at: '1' });
    at.http.on(`DELETE /v2/images/${uuidOf('old')}`, { status: 409, body: 'in use' });
    const { code, json } = await run(['prune', 'n', '-k', '1']);
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      images: [
        { id: uuidOf('new'), created_at: '2', outcome: 'kept', reason: 'one of the newest 1' },
        { id: uuidOf('old'), created_at: '1', outcome: 'failed' },
      ],
      warnings: [expect.stringMatching(`^revision ${uuidOf('old')} was not pruned: .*in use`)],
    });
  });
});

describe('prune --published', () => {
  const mine = (id: string, created: string, more: object = {}) => {
    return { ...image(id), created_at: created, image_builder_application: 'a', ...more };
  };
  const prune = (...more: string[]) =>
    run(['prune', 'n', '-k', '1', '--owner', '{"application": "a"}', '--published', uuidOf('now'), ...more]);
  beforeEach(() => {
    images(mine('new', '3'), mine('now', '2'), mine('was', '1', { image_builder_published: 'true' }));
    at.http.on('PATCH /v2/images/*', { body: image('x') });
    at.http.on('DELETE /v2/images/*', { status: 204 });
  });

  test('The command prune --published reports the changed marks', async () => {
    const { code, json } = await prune();
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      marked: [uuidOf('now')],
      unmarked: [uuidOf('was')],
      images: [
        { outcome: 'kept' },
        { id: uuidOf('now'), reason: 'published' },
        { id: uuidOf('was'), outcome: 'deleted' },
      ],
    });
  });

  test('The command prune --published --dry-run reports the marks that would change and changes none', async () => {
    const { json } = await prune('--dry-run');
    expect(json()).toMatchObject({ would_be_marked: [uuidOf('now')], would_be_unmarked: [uuidOf('was')] });
    expect(json()).not.toHaveProperty('marked');
    expect(at.http.requests('PATCH /v2/images/*')).toEqual([]);
  });

  test('The text output of prune --published lists changed marks and revisions', async () => {
    expect((await prune('--format', 'text')).out).toMatch(
      `${uuidOf('now')} marked as published\n${uuidOf('was')} unmarked as published\n${uuidOf('new')} 3 kept: `,
    );
  });

  test('A prune that cannot set a mark fails with the error of the cloud and deletes nothing', async () => {
    at.http.on('PATCH /v2/images/*', { status: 403, body: 'no' });
    const { code, json } = await prune();
    expect(code).toBe(3);
    expect(json()).toMatchObject({ error: { kind: 'denied' } });
    expect(at.http.requests('DELETE /v2/images/*')).toEqual([]);
  });
});

describe('sweep', () => {
  const left = { id: uuidOf('s1'), name: 'x', status: 'ACTIVE', created: '2026-11-01T08:00:00Z' };
  const mark = {
    image_builder_application: 'a',
    image_builder_process: 'another-host 1 1 1',
    image_builder_kind: 'server',
  };
  const sweep = (...more: string[]) => run(['sweep', '--owner', '{"application": "a"}', ...more]);
  beforeEach(() => {
    images();
    at.http.on('GET /v2.1/servers/detail', {
      body: {
        servers: [
          { ...left, metadata: mark },
          { ...left, id: uuidOf('s2'), metadata: {} },
        ],
      },
    });
    at.http.on('GET /v2.1/os-keypairs', { body: { keypairs: [] } });
    at.http.on('GET /v2.0/ports', { body: { ports: [] } });
    at.http.on('DELETE /v2.1/servers/*', { status: 204 });
  });

  test('The command sweep deletes and reports the leftovers of dead builds of the owner', async () => {
    const { code, json } = await sweep();
    expect(code).toBe(0);
    expect(json()).toMatchObject({ cloud: 'c1', swept: [`server x (${uuidOf('s1')})`], warnings: [] });
    expect(at.http.requests('DELETE /v2.1/servers/*')).toHaveLength(1);
  });

  test('The text output of sweep lists the deleted resources', async () => {
    expect((await sweep('--format', 'text')).out).toBe(`server x (${uuidOf('s1')})\n`);
  });

  test('A dry run of sweep reports what would be deleted and deletes nothing', async () => {
    const { code, json } = await sweep('--dry-run');
    expect(code).toBe(0);
    expect(json()).toMatchObject({ cloud: 'c1', would_be_swept: [`server x (${uuidOf('s1')})`] });
    expect(json()).not.toHaveProperty('swept');
    expect((await sweep('--dry-run', '--format', 'text')).out).toBe(
      `server x (${uuidOf('s1')}) would be deleted\n`,
    );
    expect(at.http.requests('DELETE /v2.1/servers/*')).toEqual([]);
  });

  test('The command sweep does not touch the leftovers of another owner', async () => {
    const { json } = await sweep('--owner', '{"application": "b"}');
    expect(json()).toMatchObject({ swept: [] });
  });

  test('The command sweep fails with the error of the cloud when it cannot list servers', async () => {
    at.http.on('GET /v2.1/servers/detail', { status: 403 });
    const { code, json } = await sweep();
    expect(code).toBe(3);
    expect(json()).toMatchObject({ error: { kind: 'denied', step: 'sweep leftovers' } });
  });
});

test('The debug log contains each call to the cloud and no secret', async () => {
  images(image('i1'));
  const { err } = await run(['--log-level', 'debug', 'latest-build-id', 'n']);
  expect(err).toMatch(/cloud answered/);
});
