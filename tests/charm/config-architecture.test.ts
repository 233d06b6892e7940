import { describe, expect, test } from '@jest/globals';
import { parseCharmConfig } from '../../src/charm/options/config.ts';
import { charmConfig, rawConfig } from './support/options.ts';

describe('the architecture of the images', () => {
  test('Each base that cannot be built for the architecture is refused with the reason', () => {
    expect(charmConfig({ architecture: 'arm', 'base-image': 'noble,26.04' }).arch).toBe('arm');
    const reason = 'because the runner for 32-bit Arm needs libraries that older bases lack';
    expect(() => charmConfig({ architecture: 'armhf', 'base-image': 'jammy,noble,20.04' })).toThrow(
      `base-image: expected noble or resolute for the architecture arm, ${reason}, got jammy, focal`,
    );
    expect(() => parseCharmConfig(rawConfig({ 'base-image': 'jammy' }), 'armv7l')).toThrow(reason);
  });

  test.each([
    ['x64', 'actions/runner'],
    ['arm64', 'actions/runner'],
    ['arm', 'actions/runner'],
    ['s390x', 'canonical/github-actions-runner'],
    ['ppc64le', 'canonical/github-actions-runner'],
  ])('The runner for %s comes from %s unless another URL is set', (architecture, repository) => {
    const url = `https://github.com/${repository}/releases`;
    expect(charmConfig({ architecture }).runnerReleasesUrl).toBe(url);
    const mirror = 'https://mirror.example.com/releases';
    expect(charmConfig({ architecture, 'runner-releases-url': mirror }).runnerReleasesUrl).toBe(mirror);
  });
});
