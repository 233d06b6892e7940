import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ARCHES, archNames, findArch } from '../../../src/model/image/arch.ts';
import { BASES, BASE_SPELLINGS, findBase } from '../../../src/model/image/base.ts';
import { baseImageName, buildResourceName, unfinishedImageName } from '../../../src/model/image/names.ts';
import { uuidFromDigest } from '../../../src/model/text/uuid.ts';

fc.configureGlobal({ seed: 20261121 }); // the same cases in each run

describe('the name', () => {
  test.each([
    [baseImageName('p', 'noble', 'x64'), 'p-image-builder-base-noble-x64'],
    [baseImageName('', 'jammy', 'arm64'), 'image-builder-base-jammy-arm64'],
    [buildResourceName('p', 'noble-x64', 'b1'), 'p-noble-x64-image-builder-b1'],
    [
      buildResourceName('p', 'p-noble-x64-juju-3.6-stable', 'b1'),
      'p-noble-x64-juju-3-6-stable-image-builder-b1',
    ],
    [buildResourceName('', 'noble-x64', 'b1'), 'noble-x64-image-builder-b1'],
    [unfinishedImageName('noble-x64', 'b1'), 'noble-x64.building-b1'],
  ])('The name %s has the expected form', (name, expected) => {
    expect(name).toBe(expected);
  });
});

test('The name of a server fits into Nova and ends with the build id, however long the name of the image is', () => {
  const name = buildResourceName('p'.repeat(100), 'n'.repeat(180), 'b'.repeat(63));
  expect(name).toHaveLength(255);
  expect(name.endsWith(`-image-builder-${'b'.repeat(63)}`)).toBe(true);
});

describe('an architecture', () => {
  test.each([
    ['x64', 'x64'],
    [' X86_64 ', 'x64'],
    ['amd64', 'x64'],
    ['aarch64', 'arm64'],
    ['ARM64', 'arm64'],
    ['ppc64el', 'ppc64le'],
    ['s390x', 's390x'],
    ['armhf', 'arm'],
    ['ppc64', undefined],
    ['', undefined],
  ])('The text %p names the architecture %p', (text, arch) => {
    expect(findArch(text)).toBe(arch);
  });

  test('A property that every JavaScript object has does not name an architecture', () => {
    expect(findArch('constructor')).toBeUndefined();
  });

  test.each(ARCHES)(
    'The architecture %s has a name in OpenStack, in Ubuntu and in runner releases',
    (arch) => {
      const { openstack, ubuntu, runner } = archNames(arch);
      for (const name of [openstack, ubuntu, runner]) expect(name).not.toBe('');
      expect(findArch(openstack)).toBe(arch === 'arm' ? 'arm64' : arch);
    },
  );
});

describe('a base', () => {
  test('A base is found by its codename and by its version number', () => {
    for (const spelling of BASE_SPELLINGS) expect(findBase(spelling)).toBeDefined();
    for (const [base, version] of Object.entries(BASES)) expect(findBase(version)).toBe(base);
  });

  test.each(['22.10', 'bionic', '', 'constructor', '24'])('The text %p does not name a base', (text) => {
    expect(findBase(text)).toBeUndefined();
  });

  test('A base is found although its name has capitals and surrounding spaces', () => {
    expect(findBase(' Noble ')).toBe('noble');
  });
});

describe('the UUID of a digest', () => {
  const digest = fc.stringMatching(/^[0-9a-f]{64}$/);

  test('The UUID of a digest has the form of version 5, which Glance accepts', () => {
    fc.assert(
      fc.property(digest, (hex) => {
        expect(uuidFromDigest(hex)).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
      }),
    );
  });

  test('The UUID of a digest depends only on its first half', () => {
    fc.assert(
      fc.property(digest, (hex) => {
        expect(uuidFromDigest(hex)).toBe(uuidFromDigest(`${hex.slice(0, 32)}${'0'.repeat(32)}`));
      }),
    );
    expect(uuidFromDigest('0123456789abcdef0123456789abcdef')).toBe('01234567-89ab-5def-8123-456789abcdef');
  });
});
