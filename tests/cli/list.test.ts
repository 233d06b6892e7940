import { beforeEach, describe, expect, test } from '@jest/globals';
import { CancelledError } from '../../src/model/errors.ts';
import type { Observation } from '../../src/model/observation.ts';
import { OWNER_KEYS, type Owner, encodeOwner } from '../../src/model/owner.ts';
import { decodeListResult } from '../../src/model/program-result-list.ts';
import { TOKENS } from '../support/http-cloud.ts';
import { useScriptedClouds } from '../image-builder/scripted-clouds.ts';
import { type Ran, useProgram } from './run-program.ts';

const at = useScriptedClouds();
const program = useProgram(at);
const OWNER: Owner = { application: 'app', modelUuid: 'm', unit: 'app/0', buildId: 'b7' };
const ours = (id: string, change: object = {}, owner = OWNER) => ({
  id,
  ...encodeOwner(owner),
  [OWNER_KEYS.kind]: 'runner',
  ...change,
});

beforeEach(() =>
  program.writeClouds({
    source: at.source.http.origin,
    a: at.a.http.origin,
    a2: at.a.http.origin,
    b: at.b.http.origin,
    wrong: '{auth: {}}',
  }),
);

const list = (clouds: string, ...more: string[]): Promise<Ran> =>
  program.run(['list', '--clouds', clouds, ...more]);
const observationOf = ({ out }: Ran): Observation => decodeListResult(out)?.clouds ?? [];
const idsIn = (ran: Ran): readonly (readonly string[])[] =>
  observationOf(ran).map((cloud) => (cloud.state === 'seen' ? cloud.images.map(({ id }) => id) : []));

describe('list', () => {
  test('The command list reports every image with the fields of a plan, newest first and unfinished ones included', async () => {
    at.a.glance.add(ours('i1', { [OWNER_KEYS.source]: 's1', [OWNER_KEYS.runConfig]: 'charm=1' }));
    const unfinished = { name: 'noble.building-b7', status: 'queued', [OWNER_KEYS.published]: 'true' };
    at.a.glance.add(ours('i2', unfinished));
    const ran = await list('a');
    expect(ran.code).toBe(0);
    expect(observationOf(ran)).toEqual([
      {
        cloudId: 'a',
        state: 'seen',
        projectKey: `${at.a.http.origin}/v3 project-1 R1`,
        images: [
          {
            id: 'i2',
            name: 'noble.building-b7',
            status: 'queued',
            createdAt: '2026-11-21T08:00:01Z',
            sourceImageId: undefined,
            runConfig: undefined,
            buildId: 'b7',
            isPublished: true,
          },
          {
            id: 'i1',
            name: 'noble',
            status: 'active',
            createdAt: '2026-11-21T08:00:00Z',
            sourceImageId: 's1',
            runConfig: 'charm=1',
            buildId: 'b7',
            isPublished: false,
          },
        ],
      },
    ]);
  });

  test('The command list leaves out base images, images without a name and images without an owner', async () => {
    at.a.glance.add({ id: 'theirs' });
    at.a.glance.add(ours('base', { [OWNER_KEYS.kind]: 'base' }));
    at.a.glance.add(ours('nameless', { name: null }));
    at.a.glance.add(ours('ours'));
    expect(idsIn(await list('a'))).toEqual([['ours']]);
  });

  test('The command list reports the images of all owners, or with --owner those of its application and model', async () => {
    at.a.glance.add(ours('mine', {}, { ...OWNER, unit: 'app/9', buildId: 'b1' }));
    at.a.glance.add(ours('other', {}, { ...OWNER, application: 'other' }));
    at.a.glance.add(ours('elsewhere', {}, { ...OWNER, modelUuid: 'm2' }));
    expect(idsIn(await list('a'))).toEqual([['elsewhere', 'other', 'mine']]);
    const owner = '{"application": "app", "model_uuid": "m"}';
    expect(idsIn(await list('a', '--owner', owner))).toEqual([['mine']]);
  });

  test('The command list without --clouds lists the cloud of --os-cloud or else the first cloud', async () => {
    at.source.glance.add(ours('in-source'));
    at.b.glance.add(ours('in-b'));
    expect(idsIn(await program.run(['list']))).toEqual([['in-source']]);
    expect(idsIn(await program.run(['list', '--os-cloud', 'b']))).toEqual([['in-b']]);
  });

  test('Two names of one project have the same project key, and another project has another key', async () => {
    const keys = observationOf(await list('a,a2,b')).map((cloud) =>
      cloud.state === 'seen' ? cloud.projectKey : '',
    );
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).not.toBe(keys[2]);
  });

  test('The command list queries several clouds at the same time', async () => {
    const answer = async () => {
      await Promise.all([at.a.http.waitFor(TOKENS), at.b.http.waitFor(TOKENS)]);
      return { status: 401 };
    };
    for (const { http } of [at.a, at.b]) http.on(TOKENS, answer);
    expect((await list('a,b')).code).toBe(3); // sequential requests would never end
  });
});

describe('list with a failing cloud', () => {
  test('A cloud that fails is reported with its kind, does not affect the others and makes the exit code 6', async () => {
    at.a.http.on(TOKENS, { status: 401, body: { error: { message: 'wrong' } } });
    at.b.glance.add(ours('i1'));
    const ran = await list('a,b,wrong,nowhere');
    expect(ran.code).toBe(6);
    expect(observationOf(ran)).toMatchObject([
      { cloudId: 'a', state: 'failed', kind: 'denied', message: expect.stringMatching('401: wrong') },
      { cloudId: 'b', state: 'seen', images: [{ id: 'i1' }] },
      { cloudId: 'wrong', state: 'failed', kind: 'input' },
      { cloudId: 'nowhere', state: 'failed', kind: 'input' },
    ]);
    expect(ran.json()['clouds']).toMatchObject([{ error: { type: 'UnauthorizedError' } }, {}, {}, {}]);
    expect(ran.err).toMatch('cloud nowhere: ');
  });

  test.each([
    ['wrong,a', 2],
    ['a,wrong', 3],
  ])('When all clouds of %s fail, the exit code is that of the first', async (clouds, code) => {
    at.a.http.on('GET /v2/images', { status: 403 });
    const ran = await list(clouds);
    expect(ran.code).toBe(code);
    expect(observationOf(ran).map(({ state }) => state)).toEqual(['failed', 'failed']);
  });

  test('A missing clouds.yaml is reported for each cloud', async () => {
    const env = { OS_CLIENT_CONFIG_FILE: '/nonexistent/clouds.yaml' };
    const ran = await program.run(['list', '--clouds', 'a,b'], { env });
    expect(ran.code).toBe(2);
    expect(observationOf(ran)).toMatchObject([{ kind: 'input' }, { kind: 'input' }]);
  });
});

describe('list', () => {
  test('The text output of list has one line for each image', async () => {
    at.a.glance.add(ours('i1'));
    at.b.glance.add(ours('i2', { status: 'queued' }));
    const { code, out } = await list('a,b', '--format', 'text');
    expect(code).toBe(0);
    expect(out).toBe('a i1 2026-11-21T08:00:00Z active noble\nb i2 2026-11-21T08:00:00Z queued noble\n');
  });

  test('A list that is stopped ends as cancelled without waiting for a Keystone that hangs', async () => {
    at.a.http.on(TOKENS, 'hang');
    const stop = new AbortController();
    const running = program.run(['list', '--clouds', 'a,b'], {
      signal: stop.signal,
      stoppedBy: () => (stop.signal.aborted ? 'SIGTERM' : undefined),
    });
    await at.a.http.waitFor(TOKENS);
    stop.abort(new CancelledError('stopped by SIGTERM'));
    const { code, json } = await running;
    expect(code).toBe(143);
    expect(json()).toMatchObject({ error: { kind: 'cancelled' } });
  });

  test.each(['', 'a,,b', 'a,a'])('The value %p of --clouds is refused', async (clouds) => {
    expect((await list(clouds)).code).toBe(2);
  });
});
