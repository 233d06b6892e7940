import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Observation } from '../../src/model/observation.ts';
import { OWNER_KEYS, type Owner, encodeOwner } from '../../src/model/owner.ts';
import { decodeListResult } from '../../src/model/result/program-result-list.ts';
import { TOKENS } from '../image-builder/open-store.ts';
import { useClouds } from '../image-builder/use-clouds.ts';
import { type Ran, useProgram } from './run-program.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useClouds();
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
    source: at.entry('source'),
    b: at.entry('b'),
    b2: at.entry('b').replace(/,"region_name":"[^"]*"/, ''),
    c: at.entry('c'),
    wrong: '{auth: {}}',
  }),
);

const list = (clouds: string, ...more: string[]): Promise<Ran> =>
  program.run(['list', '--clouds', clouds, ...more]);
const observationOf = ({ out }: Ran): Observation => decodeListResult(out)?.clouds ?? [];
const idsIn = (ran: Ran): readonly (readonly string[])[] =>
  observationOf(ran).map((cloud) => (cloud.state === 'seen' ? cloud.images.map(({ id }) => id) : []));

describe('list', () => {
  test('A project with 60,000 images of its own is listed, because the cloud leaves them out', async () => {
    at.b.add(ours(uuidOf('i1')));
    for (let index = 0; index < 60_000; index += 1) at.b.add({ id: uuidOf(`${index}`), name: 'theirs' });
    expect(idsIn(await list('b'))).toEqual([[uuidOf('i1')]]);
  });

  test('The command list reports every image with the fields of a plan, newest first and unfinished ones included', async () => {
    at.b.add(
      ours(uuidOf('i1'), {
        [OWNER_KEYS.source]: uuidOf('s1'),
        [OWNER_KEYS.runConfig]: 'charm=1',
        [OWNER_KEYS.runnerVersion]: '2.331.0',
        [OWNER_KEYS.runnerReleasedAt]: '2026-11-01T00:00:00Z',
      }),
    );
    const unfinished = { name: 'noble.building-b7', status: 'queued', [OWNER_KEYS.published]: 'true' };
    at.b.add(ours(uuidOf('i2'), unfinished));
    const ran = await list('b');
    expect(ran.code).toBe(0);
    expect(observationOf(ran)).toEqual([
      {
        cloudId: 'b',
        state: 'seen',
        projectKey: `${at.b.openstack.authUrl} ${at.b.openstack.account('consumer').projectId} lab-b`,
        images: [
          {
            id: uuidOf('i2'),
            name: 'noble.building-b7',
            status: 'queued',
            createdAt: '2020-01-01T08:00:01Z',
            sourceImageId: undefined,
            runConfig: undefined,
            buildId: OWNER.buildId,
            isPublished: true,
          },
          {
            id: uuidOf('i1'),
            name: 'noble',
            status: 'active',
            createdAt: '2020-01-01T08:00:00Z',
            sourceImageId: uuidOf('s1'),
            runConfig: 'charm=1',
            runnerVersion: '2.331.0',
            runnerReleasedAt: '2026-11-01T00:00:00Z',
            size: 36,
            buildId: OWNER.buildId,
            isPublished: false,
          },
        ],
      },
    ]);
  });

  test('The command list leaves out base images, images without a name and images without an owner', async () => {
    at.b.add({ id: uuidOf('theirs') });
    at.b.add(ours(uuidOf('base'), { [OWNER_KEYS.kind]: 'base' }));
    at.b.add(ours(uuidOf('nameless'), { name: null }));
    at.b.add(ours(uuidOf('ours')));
    expect(idsIn(await list('b'))).toEqual([[uuidOf('ours')]]);
  });

  test('The command list reports the images of all owners, or with --owner those of its application and model', async () => {
    at.b.add(ours(uuidOf('mine'), {}, { ...OWNER, unit: 'app/9', buildId: 'b1' }));
    at.b.add(ours(uuidOf('other'), {}, { ...OWNER, application: 'other' }));
    at.b.add(ours(uuidOf('elsewhere'), {}, { ...OWNER, modelUuid: 'm2' }));
    expect(idsIn(await list('b'))).toEqual([[uuidOf('elsewhere'), uuidOf('other'), uuidOf('mine')]]);
    const owner = '{"application": "app", "model_uuid": "m"}';
    expect(idsIn(await list('b', '--owner', owner))).toEqual([[uuidOf('mine')]]);
  });

  test('The command list reports finished layers apart from images, and only those of the given owner', async () => {
    const layer = {
      [OWNER_KEYS.kind]: 'layer',
      [OWNER_KEYS.runConfig]: 'layer=k',
      name: 'app-noble-x64.layer',
    };
    at.b.add(ours(uuidOf('layer'), layer));
    at.b.add(ours(uuidOf('unfinished'), { ...layer, name: 'app-noble-x64.layer.building-b7' }));
    at.b.add(ours(uuidOf('other'), layer, { ...OWNER, application: 'other' }));
    const ran = await list('b', '--owner', '{"application": "app", "model_uuid": "m"}');
    const found = {
      id: uuidOf('layer'),
      name: 'app-noble-x64.layer',
      status: 'active',
      key: 'layer=k',
      buildId: OWNER.buildId,
    };
    expect(observationOf(ran)).toMatchObject([{ images: [], layers: [found] }]);
    expect(observationOf(await list('b'))).not.toMatchObject([{ layers: expect.anything() }]);
  });

  test('The command list without --clouds lists the cloud of --os-cloud or else the first cloud', async () => {
    at.source.add(ours(uuidOf('in-source')));
    at.c.add(ours(uuidOf('in-c')));
    expect(idsIn(await program.run(['list']))).toEqual([[uuidOf('in-source')]]);
    expect(idsIn(await program.run(['list', '--os-cloud', 'c']))).toEqual([[uuidOf('in-c')]]);
  });

  test('An entry with the only region and one without have the same project key, and another project has another key', async () => {
    const keys = observationOf(await list('b,b2,c')).map((cloud) =>
      cloud.state === 'seen' ? cloud.projectKey : '',
    );
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).not.toBe(keys[2]);
  });

  test('The command list queries several clouds at the same time', async () => {
    const heldUntil = Promise.all([at.b, at.c].map((store) => store.arrivals(TOKENS).reach()));
    for (const store of [at.b, at.c]) {
      store.disturb(TOKENS, { heldUntil });
      store.disturb(TOKENS, { status: 401 });
    }
    expect((await list('b,c')).code).toBe(3); // sequential requests would never end
  });
});

describe('list with a failing cloud', () => {
  test('A cloud that fails is reported with its kind, does not affect the others and makes the exit code 6', async () => {
    at.b.openstack.setPassword('consumer', 'another');
    at.c.add(ours(uuidOf('i1')));
    const ran = await list('b,c,wrong,nowhere');
    expect(ran.code).toBe(6);
    expect(observationOf(ran)).toMatchObject([
      {
        cloudId: 'b',
        state: 'failed',
        kind: 'denied',
        message: expect.stringMatching('401: The request you have made requires authentication'),
      },
      { cloudId: 'c', state: 'seen', images: [{ id: uuidOf('i1') }] },
      { cloudId: 'wrong', state: 'failed', kind: 'input' },
      { cloudId: 'nowhere', state: 'failed', kind: 'input' },
    ]);
    expect(ran.json()['clouds']).toMatchObject([{ error: { type: 'UnauthorizedError' } }, {}, {}, {}]);
    expect(ran.err).toMatch('cloud nowhere: ');
  });

  test.each(['x'.repeat(150_000), 'x', '', ' ', '../x', '-\n'])(
    'An image whose id is no UUID is skipped with one warning, and the others of its cloud are listed (%#)',
    async (id) => {
      for (const odd of [id, `${id} `]) at.b.add({ ...ours(uuidOf('i1')), id: odd });
      at.b.add(ours(uuidOf('i2')));
      at.c.add(ours(uuidOf('i3')));
      const ran = await list('b,c');
      expect(ran.code).toBe(0);
      expect(idsIn(ran)).toEqual([[uuidOf('i2')], [uuidOf('i3')]]);
      expect(ran.err.match(/skipped one of its images: images\[\d\]\.id: expected a UUID/g)).toHaveLength(1);
      expect(ran.out.length + ran.err.length).toBeLessThan(3000);
    },
  );

  test.each([
    ['wrong,b', 2],
    ['b,wrong', 3],
  ])('When all clouds of %s fail, the exit code is that of the first', async (clouds, code) => {
    at.b.disturb('GET /image/v2/images', { status: 403 });
    const ran = await list(clouds);
    expect(ran.code).toBe(code);
    expect(observationOf(ran).map(({ state }) => state)).toEqual(['failed', 'failed']);
  });

  test('A consumer with very many images of its own sends only those of this application', async () => {
    for (let index = 0; index < 3000; index++) at.b.add({ id: uuidOf(`own-${index}`) });
    at.b.add(ours(uuidOf('i1')));
    expect(idsIn(await list('b', '--owner', '{"application": "app", "model_uuid": "m"}'))).toEqual([
      [uuidOf('i1')],
    ]);
    expect(at.b.answers('GET /image/v2/images')).toMatchObject([{ images: [{ id: uuidOf('i1') }] }]);
  });

  test.each([
    [2000, '2000 images of this application'],
    [20_001, 'more than 20000 images'],
  ])(
    'A cloud with %i images that claim to be ours makes only its own listing fail',
    async (count, message) => {
      for (let index = 0; index < count; index++) {
        at.b.add(ours(uuidOf(`i${index}`), { [OWNER_KEYS.runConfig]: 'x'.repeat(255) }));
      }
      at.c.add(ours(uuidOf('i1')));
      expect(observationOf(await list('b,c'))).toMatchObject([
        { cloudId: 'b', state: 'failed', kind: 'unavailable', message: expect.stringMatching(message) },
        { cloudId: 'c', state: 'seen', images: [{ id: uuidOf('i1') }] },
      ]);
    },
  );

  test('A missing clouds.yaml is reported for each cloud', async () => {
    const env = { OS_CLIENT_CONFIG_FILE: '/nonexistent/clouds.yaml' };
    const ran = await program.run(['list', '--clouds', 'b,c'], { env });
    expect(ran.code).toBe(2);
    expect(observationOf(ran)).toMatchObject([{ kind: 'input' }, { kind: 'input' }]);
  });
});
