import { beforeEach, describe, expect, test } from '@jest/globals';
import { CancelledError } from '../../src/model/errors.ts';
import { TOKENS } from '../support/http-cloud.ts';
import { useHttpCloud } from '../support/http-fixture.ts';
import { useProgram } from './run-program.ts';

const at = useHttpCloud();
const program = useProgram(at);
const { run } = program;

beforeEach(() => program.writeClouds({ c1: at.http.origin }));

const images = (...list: object[]) => {
  at.http.on('GET /v2/images', { body: { images: list } });
};
const image = (id: string, status = 'active') => ({ id, name: 'n', status, owner: 'project-1' });

describe('latest-build-id', () => {
  test('tells the id as JSON', async () => {
    images(image('i1'));
    const { code, json } = await run(['latest-build-id', 'n']);
    expect(code).toBe(0);
    expect(json()).toMatchObject({ cloud: 'c1', image_name: 'n', image_id: 'i1', warnings: [] });
  });

  test.each([
    ['nothing when there is none', [], [], ''],
    ['the newest that is active', [image('b', 'queued'), image('a')], [], 'a'],
    ['any when asked', [image('b', 'queued'), image('a')], ['--any-status'], 'b'],
  ])('tells %s, and nothing else, as text', async (_, list, more, id) => {
    images(...list);
    const { code, out } = await run(['latest-build-id', 'n', '--format', 'text', ...more]);
    expect({ code, out }).toEqual({ code: 0, out: id });
  });
});

describe('a failure of the program', () => {
  const latest = ['latest-build-id', 'n'];

  test('by wrong credentials ends with 3, told on both outputs', async () => {
    at.http.on(TOKENS, { status: 401, body: { error: { message: 'wrong' } } });
    const { code, err, json } = await run(latest);
    expect(code).toBe(3);
    expect(err).toMatch(/ERROR: log in: the identity service of cloud c1 answered 401: wrong/);
    expect(json()).toMatchObject({ error: { kind: 'denied' } });
  });

  test('by a cloud that is away ends with 4', async () => {
    at.http.on(TOKENS, { status: 503 });
    const { code, json } = await run(latest);
    expect(code).toBe(4);
    expect(json()).toMatchObject({ error: { kind: 'unavailable' } });
  });

  test('by wrong options ends with 2 and tells each', async () => {
    const { code, err, json } = await run(['run', 'n', '-k', '0', '--arch', 'mips']);
    expect(code).toBe(2);
    expect(err).toMatch(/--keep-revisions[^]*--arch|--arch[^]*--keep-revisions/);
    expect(json()).toMatchObject({ error: { kind: 'input', type: 'InputError' } });
  });

  test('by a cloud that clouds.yaml has not ends with 2', async () => {
    const { code, err } = await run([...latest, '--os-cloud', 'c9']);
    expect(code).toBe(2);
    expect(err).toMatch('expected one of the clouds c1, got c9');
  });

  test('by a wrong script URL in its environment ends with 2, and the URL is not told', async () => {
    const env = { IMAGE_BUILDER_SCRIPT_URL: 'url-MARKED' };
    const { code, err } = await run(['run', 'n'], { env });
    expect(err).not.toMatch('MARKED');
    expect(code).toBe(2);
  });

  test('by a signal ends with its code', async () => {
    const signal = AbortSignal.abort(new CancelledError('stopped by SIGTERM'));
    const { code, json } = await run(latest, { signal, stoppedBy: () => 'SIGTERM' });
    expect(code).toBe(143);
    expect(json()).toMatchObject({ error: { kind: 'cancelled' } });
  });

  test('in text form says nothing on stdout', async () => {
    at.http.on(TOKENS, { status: 401 });
    expect((await run([...latest, '--format', 'text'])).out).toBe('');
  });

  test('by wrong options in text form says nothing on stdout', async () => {
    expect((await run(['run', 'n', '-k', '0', '--format', 'text'])).out).toBe('');
  });
});

describe('prune', () => {
  test('tells what became of each revision', async () => {
    images({ ...image('new'), created_at: '2' }, { ...image('old'), created_at: '1' });
    at.http.on('DELETE /v2/images/old', { status: 409, body: 'in use' });
    const { code, json } = await run(['prune', 'n', '-k', '1']);
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      images: [
        { id: 'new', created_at: '2', outcome: 'kept', reason: 'one of the newest 1' },
        { id: 'old', created_at: '1', outcome: 'failed' },
      ],
      warnings: [expect.stringMatching(/^revision old was not pruned: .*in use/)],
    });
  });
});

test('the debug log tells each call of the cloud and no secret', async () => {
  images(image('i1'));
  const { err } = await run(['--log-level', 'debug', 'latest-build-id', 'n']);
  expect(err).toMatch(/cloud answered/);
});
