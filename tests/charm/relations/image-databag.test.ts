import { describe, expect, test } from '@jest/globals';
import { decideDatabag } from '../../../src/charm/relations/image-databag.ts';
import { deriveImages } from '../../../src/charm/desired.ts';
import type { CloudReport } from '../../../src/model/unit/built.ts';
import { built, cloudOf, consumerDatabag, imageRelation, remoteUnit, report } from '../support/facts.ts';
import { charmConfig } from '../support/options.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const imagesOf = (options: Readonly<Record<string, string>>) =>
  deriveImages(charmConfig(options), {
    application: 'app',
    scriptDigest: '',
    consumers: [],
    hasProxy: false,
    egressSubnets: [],
    keptProxy: '',
  });
const IMAGES = imagesOf({ 'base-image': 'noble,jammy' });
const NOBLE_1 = {
  id: uuidOf('n1'),
  tags: 'x64,noble',
  images: `[{"id": "${uuidOf('n1')}", "tags": "x64,noble"}]`,
};
const BOTH = {
  id: uuidOf('n1'),
  tags: 'x64,noble',
  images: `[{"id": "${uuidOf('n1')}", "tags": "x64,noble"}, {"id": "${uuidOf('j1')}", "tags": "x64,jammy"}]`,
};
const REFUSED = { kind: 'denied', type: '', message: 'HTTP 401' } as const;

const decide = (relation = imageRelation(), clouds?: readonly CloudReport[], images = IMAGES) =>
  decideDatabag(relation, images, clouds === undefined ? undefined : built({ clouds }));

describe('a databag', () => {
  test('A databag offers the images of its own cloud, the primary image first', () => {
    const relation = imageRelation();
    expect(
      decide(relation, [report(cloudOf(relation), { jammy: uuidOf('j1'), noble: uuidOf('n1') })]),
    ).toEqual({
      relationId: 3,
      changes: BOTH,
      publication: { relationId: 3, imageIds: [uuidOf('n1'), uuidOf('j1')], isConfirmed: false },
      isServed: true,
    });
  });

  test('A publication is confirmed when the databag has the desired content', () => {
    const relation = imageRelation({ databag: { 'ingress-address': '10.0.0.4', ...BOTH } });
    expect(
      decide(relation, [report(cloudOf(relation), { noble: uuidOf('n1'), jammy: uuidOf('j1') })]),
    ).toEqual({
      relationId: 3,
      changes: {},
      publication: { relationId: 3, imageIds: [uuidOf('n1'), uuidOf('j1')], isConfirmed: true },
      isServed: true,
    });
  });

  test('Only changed keys are written, and the old and new ids are published until the next read', () => {
    const relation = imageRelation({ databag: BOTH });
    const { changes, publication } = decide(relation, [report(cloudOf(relation), { noble: uuidOf('n2') })]);
    expect(changes).toEqual({ id: uuidOf('n2'), images: `[{"id": "${uuidOf('n2')}", "tags": "x64,noble"}]` });
    expect(publication).toEqual({
      relationId: 3,
      imageIds: [uuidOf('n1'), uuidOf('j1'), uuidOf('n2')],
      isConfirmed: false,
    });
  });

  test('A publication keeps the known sources of its ids, also while the cloud does not answer', () => {
    const relation = imageRelation();
    const source = { imageId: uuidOf('s1'), createdAt: '2026-11-21T12:00:00Z' };
    const { images, ...rest } = report(cloudOf(relation), { noble: uuidOf('n1') });
    const answered = { ...rest, images: images.map((image) => ({ ...image, source })) };
    const first = decide(relation, [answered]).publication;
    const sources = [{ imageName: 'app-noble-x64', imageId: uuidOf('n1'), source }];
    expect(first.sources).toEqual(sources);
    const later = imageRelation({ databag: BOTH });
    const again = (clouds: readonly CloudReport[]) =>
      decideDatabag(later, IMAGES, built({ clouds }), first).publication.sources;
    expect(again([])).toEqual(sources);
    expect(again([{ ...answered, failure: REFUSED }])).toEqual(sources);
    expect(again([report(cloudOf(relation), { noble: uuidOf('n1') })])).toEqual(sources);
  });

  test('A databag offers the primary image alone while the others are missing', () => {
    const relation = imageRelation();
    expect(decide(relation, [report(cloudOf(relation), { noble: uuidOf('n1') })]).changes).toEqual(NOBLE_1);
  });

  test('A databag offers no image while the primary image is missing', () => {
    const relation = imageRelation();
    expect(decide(relation, [report(cloudOf(relation), { jammy: uuidOf('j1') })])).toMatchObject({
      changes: {},
      isServed: false,
      publication: { imageIds: [], isConfirmed: true },
    });
  });

  test('A databag does not offer an image of another architecture or base', () => {
    const relation = imageRelation();
    const clouds = [report(cloudOf(relation), { noble: uuidOf('n1'), focal: uuidOf('f1') })];
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
      report(cloudOf(relation, 0), { noble: uuidOf('n0') }, { failure: REFUSED }),
      report(cloudOf(relation, 1), { jammy: uuidOf('j1') }),
      report(cloudOf(relation, 2), { noble: uuidOf('n2') }),
    ];
    expect(decide(relation, clouds).changes['id']).toBe(uuidOf('n2'));
  });

  test('A databag never offers the image of another cloud with the same name', () => {
    const first = imageRelation();
    const second = imageRelation({
      id: 4,
      units: [remoteUnit('other/0', consumerDatabag({ auth_url: 'https://k2/v3' }))],
    });
    const clouds = [
      report(cloudOf(first), { noble: uuidOf('n1') }),
      report(cloudOf(second), { noble: uuidOf('m1') }),
    ];
    expect(decide(first, clouds).changes['id']).toBe(uuidOf('n1'));
    expect(decide(second, clouds).changes['id']).toBe(uuidOf('m1'));
  });
});

describe('a published image', () => {
  const relation = imageRelation({ databag: NOBLE_1 });
  const cloudId = cloudOf(relation);
  const unchanged = {
    changes: {},
    publication: { relationId: 3, imageIds: [uuidOf('n1')], isConfirmed: true },
    isServed: true,
  };

  test.each<[string, readonly CloudReport[] | undefined]>([
    ['the scheduler has not reported', undefined],
    ['the cloud is not in the report', []],
    ['the cloud refuses the login', [report(cloudId, {}, { failure: REFUSED })]],
    [
      'the cloud refuses the login and had a newer image',
      [report(cloudId, { noble: uuidOf('n2') }, { failure: REFUSED })],
    ],
    [
      'the primary image is gone but the published one is active',
      [report(cloudId, {}, { activeIds: [uuidOf('n1')] })],
    ],
    [
      'the cloud has only another base but the published image is active',
      [report(cloudId, { jammy: uuidOf('j1') }, { activeIds: [uuidOf('j1'), uuidOf('n1')] })],
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
    expect(
      decideDatabag(relation, undefined, built({ clouds: [report(cloudId, { noble: uuidOf('n2') })] })),
    ).toEqual({
      ...{ ...unchanged, relationId: 3 },
      isServed: false,
    });
  });

  test('A published id is never emptied, and a relation whose image is gone does not count as served', () => {
    expect(decide(relation, [report(cloudId, {})])).toEqual({ ...unchanged, relationId: 3, isServed: false });
    expect(decide(relation, [report(cloudId, { noble: uuidOf('n2') })])).toMatchObject({
      changes: { id: uuidOf('n2') },
      isServed: true,
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
    const [id, another] = [uuidOf('x'), uuidOf('y')];
    const idsIn = (images: string): readonly string[] =>
      decide(imageRelation({ databag: { id, images } })).publication.imageIds;
    expect(idsIn(`[{"id": "${another}"}]`)).toEqual([id, another]);
    expect(idsIn('nonsense')).toEqual([id]);
  });

  test.each(['', ' ', 'x', '../x', 'x'.repeat(150_000)])(
    'A text in a databag that is no UUID does not count as published (%#)',
    (odd) => {
      const images = JSON.stringify([{ id: odd }, { id: uuidOf('n1') }]);
      const { publication } = decide(imageRelation({ databag: { id: odd, images } }));
      expect(publication.imageIds).toEqual([uuidOf('n1')]);
    },
  );
});
