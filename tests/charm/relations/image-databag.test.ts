import { describe, expect, test } from '@jest/globals';
import { decideDatabag } from '../../../src/charm/relations/image-databag.ts';
import { deriveImages } from '../../../src/charm/desired.ts';
import type { CloudReport } from '../../../src/model/built.ts';
import { built, cloudOf, consumerDatabag, imageRelation, remoteUnit, report } from '../support/facts.ts';
import { charmConfig } from '../support/options.ts';

const imagesOf = (options: Readonly<Record<string, string>>) =>
  deriveImages(charmConfig(options), { application: 'app', scriptDigest: '', consumers: [] });
const IMAGES = imagesOf({ 'base-image': 'noble,jammy' });
const NOBLE_1 = { id: 'n1', tags: 'x64,noble', images: '[{"id": "n1", "tags": "x64,noble"}]' };
const BOTH = {
  id: 'n1',
  tags: 'x64,noble',
  images: '[{"id": "n1", "tags": "x64,noble"}, {"id": "j1", "tags": "x64,jammy"}]',
};
const REFUSED = { kind: 'denied', message: 'HTTP 401' } as const;

const decide = (relation = imageRelation(), clouds?: readonly CloudReport[], images = IMAGES) =>
  decideDatabag(relation, images, clouds === undefined ? undefined : built({ clouds }));

describe('a databag', () => {
  test('A databag offers the images of its own cloud, the primary image first', () => {
    const relation = imageRelation();
    expect(decide(relation, [report(cloudOf(relation), { jammy: 'j1', noble: 'n1' })])).toEqual({
      relationId: 3,
      changes: BOTH,
      publication: { relationId: 3, imageIds: ['n1', 'j1'], isConfirmed: false },
      isServed: true,
    });
  });

  test('A publication is confirmed when the databag has the desired content', () => {
    const relation = imageRelation({ databag: { 'ingress-address': '10.0.0.4', ...BOTH } });
    expect(decide(relation, [report(cloudOf(relation), { noble: 'n1', jammy: 'j1' })])).toEqual({
      relationId: 3,
      changes: {},
      publication: { relationId: 3, imageIds: ['n1', 'j1'], isConfirmed: true },
      isServed: true,
    });
  });

  test('Only changed keys are written, and the old and new ids are published until the next read', () => {
    const relation = imageRelation({ databag: BOTH });
    const { changes, publication } = decide(relation, [report(cloudOf(relation), { noble: 'n2' })]);
    expect(changes).toEqual({ id: 'n2', images: '[{"id": "n2", "tags": "x64,noble"}]' });
    expect(publication).toEqual({ relationId: 3, imageIds: ['n1', 'j1', 'n2'], isConfirmed: false });
  });

  test('A databag offers the primary image alone while the others are missing', () => {
    const relation = imageRelation();
    expect(decide(relation, [report(cloudOf(relation), { noble: 'n1' })]).changes).toEqual(NOBLE_1);
  });

  test('A databag offers no image while the primary image is missing', () => {
    const relation = imageRelation();
    expect(decide(relation, [report(cloudOf(relation), { jammy: 'j1' })])).toMatchObject({
      changes: {},
      isServed: false,
      publication: { imageIds: [], isConfirmed: true },
    });
  });

  test('A databag does not offer an image of another architecture or base', () => {
    const relation = imageRelation();
    const clouds = [report(cloudOf(relation), { noble: 'n1', focal: 'f1' })];
    expect(
      decide(relation, clouds, imagesOf({ 'base-image': 'noble,jammy', architecture: 'arm64' })).changes,
    ).toEqual({});
    expect(decide(relation, clouds, imagesOf({ 'base-image': 'jammy' })).changes).toEqual({});
  });

  test('A databag offers the images of the first unit whose cloud answers and has the primary image', () => {
    const units = [0, 1, 2].map((number) =>
      remoteUnit(`consumer/${number}`, consumerDatabag({ project_name: `p${number}` })),
    );
    const relation = imageRelation({ units });
    const clouds = [
      report(cloudOf(relation, 0), { noble: 'n0' }, { failure: REFUSED }),
      report(cloudOf(relation, 1), { jammy: 'j1' }),
      report(cloudOf(relation, 2), { noble: 'n2' }),
    ];
    expect(decide(relation, clouds).changes['id']).toBe('n2');
  });

  test('A databag never offers the image of another cloud with the same name', () => {
    const first = imageRelation();
    const second = imageRelation({
      id: 4,
      units: [remoteUnit('other/0', consumerDatabag({ auth_url: 'https://k2/v3' }))],
    });
    const clouds = [report(cloudOf(first), { noble: 'n1' }), report(cloudOf(second), { noble: 'm1' })];
    expect(decide(first, clouds).changes['id']).toBe('n1');
    expect(decide(second, clouds).changes['id']).toBe('m1');
  });
});

describe('a published image', () => {
  const relation = imageRelation({ databag: NOBLE_1 });
  const cloudId = cloudOf(relation);
  const unchanged = {
    changes: {},
    publication: { relationId: 3, imageIds: ['n1'], isConfirmed: true },
    isServed: true,
  };

  test.each<[string, readonly CloudReport[] | undefined]>([
    ['the scheduler has not reported', undefined],
    ['the cloud is not in the report', []],
    ['the cloud refuses the login', [report(cloudId, {}, { failure: REFUSED })]],
    [
      'the cloud refuses the login and had a newer image',
      [report(cloudId, { noble: 'n2' }, { failure: REFUSED })],
    ],
    [
      'the primary image is gone but the published one is active',
      [report(cloudId, {}, { activeIds: ['n1'] })],
    ],
    [
      'the cloud has only another base but the published image is active',
      [report(cloudId, { jammy: 'j1' }, { activeIds: ['j1', 'n1'] })],
    ],
  ])('The published image stays when %s', (_case, clouds) => {
    expect(decide(relation, clouds)).toMatchObject(unchanged);
  });

  test('The published image stays when there is no unit or none has complete credentials', () => {
    for (const units of [[], [remoteUnit('consumer/0', {})]]) {
      expect(decide({ ...relation, units }, [report(cloudId, {})])).toMatchObject(unchanged);
    }
  });

  test('The published image stays when there are no desired images', () => {
    expect(decideDatabag(relation, undefined, built({ clouds: [report(cloudId, {})] }))).toMatchObject(
      unchanged,
    );
  });

  test('The published image is withdrawn when the cloud answers without it', () => {
    expect(decide(relation, [report(cloudId, {})])).toEqual({
      relationId: 3,
      changes: { id: '', tags: '', images: '' },
      publication: { relationId: 3, imageIds: ['n1'], isConfirmed: false },
      isServed: false,
    });
  });

  test('The published image stays while the cloud of another unit does not answer', () => {
    const units = [remoteUnit('consumer/0'), remoteUnit('consumer/1')];
    const clouds = [
      report(cloudId, {}),
      report(cloudOf({ ...relation, units }, 1), {}, { failure: REFUSED }),
    ];
    expect(decide({ ...relation, units }, clouds)).toMatchObject(unchanged);
  });

  test('Image ids in a databag with unexpected content count as published', () => {
    const unexpected = imageRelation({ databag: { id: 'x', images: '[{"id": "y"}]' } });
    expect(decide(unexpected).publication.imageIds).toEqual(['x', 'y']);
    expect(decide({ ...unexpected, databag: { id: 'x', images: 'nonsense' } }).publication.imageIds).toEqual([
      'x',
    ]);
  });
});
