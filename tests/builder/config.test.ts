import { describe, expect, test } from '@jest/globals';
import { FetchConfig } from '../../src/builder/config.ts';
import { APT_DEPENDENCIES, UBUNTU_USER } from '../../src/builder/constants.ts';
import {
  BuilderBaseError,
  BuilderRunError,
  BuilderSetupError,
  GetLatestImageError,
  JobError,
  UpgradeApplicationError,
} from '../../src/builder/errors.ts';
import { deriveFetchConfigs } from '../../src/builder/latest-images.ts';
import { InputError } from '../../src/model/errors.ts';
import {
  type CloudConfig,
  type ExternalServiceConfig,
  ImageConfig,
  type RunConfig,
  type StaticConfigs,
  type StaticImageConfig,
  expandRunConfigs,
} from '../../src/model/run-config.ts';
import { CONFIG } from './support/jobs.ts';

describe('the name of an image', () => {
  const variant = { arch: 'arm64', base: 'jammy', prefix: 'app-name' } as const;

  test.each([
    ['', '', 'app-name-jammy-arm64'],
    ['3.1/stable', '', 'app-name-jammy-arm64-juju-3.1-stable'],
    ['', '1.29-strict/stable', 'app-name-jammy-arm64-mk8s-1.29-strict-stable'],
  ])(
    'The image name for Juju %j and MicroK8s %j is the same in a build and in a lookup',
    (juju, microk8s, name) => {
      const built = new ImageConfig({
        ...CONFIG.imageConfig,
        ...{ ...variant, juju, microk8s, baseRelease: '' },
      });
      const lookup = new FetchConfig({ ...variant, juju, microk8s, cloudId: 'a' });
      expect([built.imageName, lookup.imageName]).toEqual([name, name]);
    },
  );
});

describe('the matrix', () => {
  const matrix = { bases: ['noble', 'jammy'], jujuChannels: ['3.6/stable'], microk8sChannels: [] } as const;
  const names = [
    'app-noble-x64',
    'app-noble-x64-juju-3.6-stable',
    'app-jammy-x64',
    'app-jammy-x64-juju-3.6-stable',
  ];

  test('The matrix expands to one build for each combination', () => {
    expect(expandRunConfigs(matrix, CONFIG).map(({ image }) => image.imageName)).toEqual(names);
  });

  test('Each run config of the matrix has the image, the clouds and the services of the static configs', () => {
    const imageConfig: StaticImageConfig = {
      ...CONFIG.imageConfig,
      ...{ arch: 'arm64', prefix: 'own', runnerVersion: '2.331.0', scriptUrl: 'secrets.json' },
    };
    const cloudConfig: CloudConfig = { ...CONFIG.cloudConfig, buildFlavor: 'm2', uploadClouds: ['c'] };
    const serviceConfig: ExternalServiceConfig = { ...CONFIG.serviceConfig, proxy: 'secrets.json' };
    const config: StaticConfigs = { cloudConfig, imageConfig, serviceConfig };
    const expanded: readonly RunConfig[] = expandRunConfigs(matrix, config);
    expect(expanded).toHaveLength(4);
    for (const { image, cloud, externalService } of expanded) {
      const { arch, prefix, runnerVersion, scriptUrl } = image;
      expect({ arch, prefix, runnerVersion, scriptUrl }).toEqual({
        ...{ arch: 'arm64', prefix: 'own' },
        ...{ runnerVersion: '2.331.0', scriptUrl: 'secrets.json' },
      });
      expect(cloud).toMatchObject({
        ...{ buildCloud: 'builder', buildFlavor: 'm2', buildNetwork: '' },
        ...{ resourcePrefix: 'app', uploadClouds: ['c'], numRevisions: 5 },
      });
      expect(externalService).toMatchObject({ dockerhubCache: '', proxy: 'secrets.json' });
    }
  });

  test('The matrix expands to one fetch config for each combination and cloud', () => {
    const configs = deriveFetchConfigs(matrix, CONFIG).map(
      ({ imageName, cloudId }) => `${imageName} ${cloudId}`,
    );
    expect(configs).toEqual(names.flatMap((name) => [`${name} a`, `${name} b`]));
  });
});

describe('an error of the builder', () => {
  test('An error of the builder has the kind of its cause unless a kind is given', () => {
    const cause = new InputError(['wrong']);
    expect(new UpgradeApplicationError('x', { cause }).kind).toBe('input');
    expect(new GetLatestImageError('x', { cause, kind: 'denied' }).kind).toBe('denied');
    expect(new BuilderSetupError('x').kind).toBe('unavailable');
    expect(new BuilderSetupError('x')).toBeInstanceOf(BuilderBaseError);
  });

  test('The error of a run lists each image that failed', () => {
    const failed = { kind: 'bug', message: 'broke', step: '', leftovers: ['server 1'] } as const;
    const error = new BuilderRunError(
      [[], []],
      [
        { imageName: 'a', error: new JobError(failed) },
        { imageName: 'b', error: new InputError(['wrong']) },
      ],
    );
    expect(error.message).toBe('a: broke\nb: wrong');
    expect(error.kind).toBe('build');
    expect(error.causes[0]?.error).toMatchObject({ leftovers: ['server 1'] });
  });
});

test('The host needs only systemd from apt, and the user of guests is ubuntu', () => {
  expect(APT_DEPENDENCIES).toEqual(['systemd']);
  expect(Object.isFrozen(APT_DEPENDENCIES)).toBe(true);
  expect(UBUNTU_USER).toBe('ubuntu');
});
