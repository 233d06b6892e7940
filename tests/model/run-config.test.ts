import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type PublishedImage, encodeImageDatabag, encodeTags } from '../../src/model/unit/relation-data.ts';
import { expandMatrix, imageNameOf } from '../../src/model/run-config.ts';

fc.configureGlobal({ seed: 20261121 }); // the same cases in each run

const channel = fc
  .tuple(fc.stringMatching(/^[a-z0-9.-]{1,8}$/), fc.constantFrom('stable', 'candidate', 'edge'))
  .map(([track, risk]) => `${track}/${risk}`);

describe('the matrix', () => {
  test('The matrix is expanded by base, then by Juju channel, then by MicroK8s channel', () => {
    const variants = expandMatrix({
      bases: ['noble', 'jammy', 'noble'],
      jujuChannels: ['3.6/stable'],
      microk8sChannels: ['1.29-strict/stable'],
    });
    expect(variants.map(({ base, juju, microk8s }) => `${base} ${juju} ${microk8s}`)).toEqual([
      'noble  ',
      'noble  1.29-strict/stable',
      'noble 3.6/stable ',
      'noble 3.6/stable 1.29-strict/stable',
      'jammy  ',
      'jammy  1.29-strict/stable',
      'jammy 3.6/stable ',
      'jammy 3.6/stable 1.29-strict/stable',
    ]);
  });

  test('The order of the given channels changes neither the order of the images nor the primary image', () => {
    fc.assert(
      fc.property(fc.array(channel), fc.array(channel), (jujus, microk8ses) => {
        const expand = (a: readonly string[], b: readonly string[]) =>
          expandMatrix({ bases: ['noble'], jujuChannels: a, microk8sChannels: b });
        const variants = expand(jujus, microk8ses);
        expect(expand([...jujus].reverse(), ['', ...microk8ses])).toEqual(variants);
        expect(variants[0]).toEqual({ base: 'noble', juju: '', microk8s: '' });
      }),
    );
  });
});

describe('the name of an image', () => {
  test.each([
    ['', '', 'app-name-jammy-arm64'],
    ['3.1/stable', '', 'app-name-jammy-arm64-juju-3.1-stable'],
    ['', '1.29-strict/stable', 'app-name-jammy-arm64-mk8s-1.29-strict-stable'],
    ['3.6/edge/fix-1', '', 'app-name-jammy-arm64-juju-3.6-edge-fix-1'],
    ['3.1/stable', '1.29-strict/stable', 'app-name-jammy-arm64-juju-3.1-stable-mk8s-1.29-strict-stable'],
  ])('An image with Juju %p and MicroK8s %p has the name of the Python charm', (juju, microk8s, name) => {
    expect(imageNameOf('app-name', 'arm64', { base: 'jammy', juju, microk8s })).toBe(name);
  });
});

describe('the databag of a consumer', () => {
  const image = (change: Partial<PublishedImage> = {}): PublishedImage => ({
    arch: 'arm64',
    base: 'jammy',
    juju: '',
    microk8s: '',
    imageId: 'test',
    ...change,
  });

  test('The databag equals that of the Python charm byte for byte', () => {
    expect(encodeImageDatabag([image({ juju: '3.1/stable' })])).toEqual({
      id: 'test',
      tags: 'arm64,jammy,juju=3.1/stable',
      images: '[{"id": "test", "tags": "arm64,jammy,juju=3.1/stable"}]',
    });
  });

  test('The databag has the first image as the primary one and all images in their order', () => {
    const databag = encodeImageDatabag([
      image({ imageId: 'a', base: 'noble', arch: 'x64' }),
      image({ imageId: 'b' }),
    ]);
    expect(databag).toEqual({
      id: 'a',
      tags: 'x64,noble',
      images: '[{"id": "a", "tags": "x64,noble"}, {"id": "b", "tags": "arm64,jammy"}]',
    });
  });

  test('There is no databag without an image', () => {
    expect(encodeImageDatabag([])).toBeUndefined();
  });

  test('The databag is valid JSON with any characters in the ids', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (ids) => {
        const images = ids.map((imageId) => image({ imageId, microk8s: '1.29-strict/stable' }));
        const json: unknown = JSON.parse(encodeImageDatabag(images)?.images ?? '');
        expect(json).toEqual(images.map((each) => ({ id: each.imageId, tags: encodeTags(each) })));
      }),
    );
  });
});
