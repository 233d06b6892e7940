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
  test('tells the images of its own cloud, the primary one first', () => {
    const relation = imageRelation();
    expect(decide(relation, [report(cloudOf(relation), { jammy: 'j1', noble: 'n1' })])).toEqual({
      relationId: 3,
      changes: BOTH,
      publication: { relationId: 3, imageIds: ['n1', 'j1'], isConfirmed: false },
      isServed: true,
    });
  });

  test('is settled only when it was read back as it is to be', () => {
    const relation = imageRelation({ databag: { 'ingress-address': '10.0.0.4', ...BOTH } });
    expect(decide(relation, [report(cloudOf(relation), { noble: 'n1', jammy: 'j1' })])).toEqual({
      relationId: 3,
      changes: {},
      publication: { relationId: 3, imageIds: ['n1', 'j1'], isConfirmed: true },
      isServed: true,
    });
  });

  test('is told only what differs, and both what stood there and what comes is published', () => {
    const relation = imageRelation({ databag: BOTH });
    const { changes, publication } = decide(relation, [report(cloudOf(relation), { noble: 'n2' })]);
    expect(changes).toEqual({ id: 'n2', images: '[{"id": "n2", "tags": "x64,noble"}]' });
    expect(publication).toEqual({ relationId: 3, imageIds: ['n1', 'j1', 'n2'], isConfirmed: false });
  });

  test('tells the primary image alone while the others are not there', () => {
    const relation = imageRelation();
    expect(decide(relation, [report(cloudOf(relation), { noble: 'n1' })]).changes).toEqual(NOBLE_1);
  });

  test('tells no image while the primary one is not there', () => {
    const relation = imageRelation();
    expect(decide(relation, [report(cloudOf(relation), { jammy: 'j1' })])).toMatchObject({
      changes: {},
      isServed: false,
      publication: { imageIds: [], isConfirmed: true },
    });
  });

  test('tells nothing of an image of another architecture or base', () => {
    const relation = imageRelation();
    const clouds = [report(cloudOf(relation), { noble: 'n1', focal: 'f1' })];
    expect(
      decide(relation, clouds, imagesOf({ 'base-image': 'noble,jammy', architecture: 'arm64' })).changes,
    ).toEqual({});
    expect(decide(relation, clouds, imagesOf({ 'base-image': 'jammy' })).changes).toEqual({});
  });

  test('tells what the first unit sees whose cloud answers and has the primary image', () => {
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

  test('of one cloud never tells the image of another, however alike their names are', () => {
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

describe('what stands in a databag', () => {
  const relation = imageRelation({ databag: NOBLE_1 });
  const cloudId = cloudOf(relation);
  const stays = {
    changes: {},
    publication: { relationId: 3, imageIds: ['n1'], isConfirmed: true },
    isServed: true,
  };

  test.each<[string, readonly CloudReport[] | undefined]>([
    ['the scheduler has not reported', undefined],
    ['nothing is known of the cloud', []],
    ['the cloud refuses us', [report(cloudId, {}, { failure: REFUSED })]],
    ['the cloud refuses us, and had a newer one', [report(cloudId, { noble: 'n2' }, { failure: REFUSED })]],
    ['the primary image is gone, but this one is active', [report(cloudId, {}, { activeIds: ['n1'] })]],
    [
      'another base is there only, but this one is active',
      [report(cloudId, { jammy: 'j1' }, { activeIds: ['j1', 'n1'] })],
    ],
  ])('stays when %s', (_what, clouds) => {
    expect(decide(relation, clouds)).toMatchObject(stays);
  });

  test('stays when no unit has complete credentials, or none is there', () => {
    for (const units of [[], [remoteUnit('consumer/0', {})]]) {
      expect(decide({ ...relation, units }, [report(cloudId, {})])).toMatchObject(stays);
    }
  });

  test('stays when nothing was ever wanted', () => {
    expect(decideDatabag(relation, undefined, built({ clouds: [report(cloudId, {})] }))).toMatchObject(stays);
  });

  test('is taken back when the cloud answers without it', () => {
    expect(decide(relation, [report(cloudId, {})])).toEqual({
      relationId: 3,
      changes: { id: '', tags: '', images: '' },
      publication: { relationId: 3, imageIds: ['n1'], isConfirmed: false },
      isServed: false,
    });
  });

  test('is not taken back while another unit’s cloud cannot be asked', () => {
    const units = [remoteUnit('consumer/0'), remoteUnit('consumer/1')];
    const clouds = [
      report(cloudId, {}),
      report(cloudOf({ ...relation, units }, 1), {}, { failure: REFUSED }),
    ];
    expect(decide({ ...relation, units }, clouds)).toMatchObject(stays);
  });

  test('counts as published also when it is not as we write it', () => {
    const odd = imageRelation({ databag: { id: 'x', images: '[{"id": "y"}]' } });
    expect(decide(odd).publication.imageIds).toEqual(['x', 'y']);
    expect(decide({ ...odd, databag: { id: 'x', images: 'nonsense' } }).publication.imageIds).toEqual(['x']);
  });
});
