import { DEFAULT_SOURCES } from '../../src/model/guest/guest-options.ts';
import { describe, expect, test } from '@jest/globals';
import { DEFAULT_METRICS_PORT } from '../../src/model/unit/metrics.ts';
import { type RawConfig, parseCharmConfig } from '../../src/charm/options/config.ts';
import { ConfigInvalidError } from '../../src/charm/errors.ts';
import { REQUIRED, charmConfig, declaredOptions, rawConfig } from './support/options.ts';

function problemsOf(raw: RawConfig, machine = 'x86_64'): readonly string[] {
  try {
    parseCharmConfig(raw, machine);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error;
    expect(error.kind).toBe('input');
    return error.problems;
  }
}

const problemsWith = (given: RawConfig): readonly string[] => problemsOf(rawConfig(given));

describe("the charm's options", () => {
  test('The only required options are those of the OpenStack login', () => {
    expect(charmConfig()).toEqual({
      appChannel: 'bundled',
      consumerRegions: new Map(),
      openstack: {
        authUrl: 'https://keystone.example.com:5000/v3',
        passwordSecret: 'secret:d0passw0rd',
        projectDomainName: 'default',
        projectName: 'build',
        userDomainName: 'default',
        userName: 'builder',
        region: '',
      },
      openstackCa: '',
      arch: 'x64',
      bases: ['noble'],
      ...{ intervalHours: 6, buildTimes: undefined, buildWindow: undefined },
      ...{ flavor: '', network: '', floatingNetwork: '', sshCidrs: [] },
      ...{ keepRevisions: 5, runnerVersion: '' },
      baseReleases: new Map(),
      ...{ imageProperties: '', scriptUrl: undefined },
      content: { aptPackages: '', leftOutParts: '', dockerMirror: '', bootstrap: 'boot' },
      ...{ jujuChannels: [], microk8sChannels: [], dockerhubCache: '', sources: DEFAULT_SOURCES },
      ...{ scriptSecret: '', isProxyKept: false },
      github: { path: '', group: '', apiUrl: 'https://api.github.com', workflow: '', secret: '' },
      cloudImagesUrl: 'https://cloud-images.ubuntu.com',
      runnerReleasesUrl: 'https://github.com/actions/runner/releases',
      ...{ maxParallelBuilds: 2, maxParallelObservations: 4, metricsPort: DEFAULT_METRICS_PORT },
      ...{ pagePort: 0, consumerLocalCidrs: [] },
    });
  });

  test.each(Object.keys(REQUIRED))('The option %s is required', (option) => {
    expect(problemsWith({ [option]: undefined })).toEqual([`set ${option}`]);
    expect(problemsWith({ [option]: ' ' })).toEqual([`set ${option}`]);
  });

  test('All invalid options are reported at once, after those that are not set', () => {
    const problems = problemsOf({
      ...rawConfig({ 'build-interval': 0, 'base-image': 'dingo', 'runner-version': '1.2' }),
      'openstack-auth-url': '',
      'openstack-user-name': '',
    });
    expect(problems).toEqual([
      'set openstack-auth-url, openstack-user-name',
      'base-image: expected a comma list of focal, jammy, noble, resolute, 20.04, 22.04, 24.04, 26.04, got dingo',
      'build-interval: expected a whole number from 1 to 720, got 0',
      'runner-version: expected a version like 2.331.0, got 1.2',
    ]);
  });

  test.each([
    ['arm64', 'arm64'],
    ['aarch64', 'arm64'],
    ['amd64', 'x64'],
    [' X86_64 ', 'x64'],
    ['s390x', 's390x'],
    ['ppc64el', 'ppc64le'],
    ['armhf', 'arm'],
  ])('The architecture %s is read as %s', (given, arch) => {
    expect(charmConfig({ architecture: given }).arch).toBe(arch);
  });

  test.each(['mips', 'riscv64', 'testing'])('The architecture %s is refused', (architecture) => {
    expect(problemsWith({ architecture })).toEqual([
      `architecture: expected one of arm64, x64, s390x, ppc64le, arm, got ${architecture}`,
    ]);
  });

  test("The unit's own architecture is used when none is set, and refused when it is not supported", () => {
    expect(parseCharmConfig(rawConfig(), 'aarch64').arch).toBe('arm64');
    expect(problemsOf(rawConfig(), 'riscv64')).toEqual([
      'architecture: expected one of arm64, x64, s390x, ppc64le, arm, as the architecture of this machine is not supported, got riscv64',
    ]);
  });

  test.each([
    ['jammy', ['jammy']],
    ['22.04', ['jammy']],
    ['Noble, 22.04', ['noble', 'jammy']],
    ['resolute,focal,20.04,26.04', ['resolute', 'focal']],
    ['24.04,noble', ['noble']],
  ])('The bases %s are read in their order without duplicates', (given, bases) => {
    expect(charmConfig({ 'base-image': given }).bases).toEqual(bases);
  });

  test.each([
    ['dingo', 'dingo'],
    ['firefox,noble', 'firefox'],
    ['noble,', 'an empty word'],
    ['', 'an empty word'],
    ['noble,23.04, lunar', '23.04, lunar'],
  ])('The bases "%s" are refused', (given, refused) => {
    expect(problemsWith({ 'base-image': given })).toEqual([
      `base-image: expected a comma list of focal, jammy, noble, resolute, 20.04, 22.04, 24.04, 26.04, got ${refused}`,
    ]);
  });

  test.each([
    ['build-interval', 'intervalHours', [1, 12, 24, 720], [-1, 0, 721, 1.5, 'six']],
    ['revision-history-limit', 'keepRevisions', [2, 10, 99], [-1, 0, 1, 100, 'many']],
    ['max-parallel-builds', 'maxParallelBuilds', [1, 16], [0, 17]],
    ['max-parallel-observations', 'maxParallelObservations', [2, 16], [1, 17]],
    ['metrics-port', 'metricsPort', [0, 65_535], [-1, 65_536]],
    ['page-port', 'pagePort', [0, 65_535], [-1, 65_536]],
  ] as const)('The option %s accepts only numbers within its bounds', (option, field, good, bad) => {
    for (const value of good) expect(charmConfig({ [option]: value })[field]).toBe(value);
    for (const value of bad) {
      expect(problemsWith({ [option]: value })).toEqual([
        expect.stringMatching(new RegExp(`^${option}: expected a whole number from .*, got ${value}$`)),
      ]);
    }
  });

  test.each(['', '1.234.5', '2.331.0'])('The runner version "%s" is accepted', (version) => {
    expect(charmConfig({ 'runner-version': version }).runnerVersion).toBe(version);
  });

  test.each(['1.2', '1.2.3.4', 'v2.331.0', '1.-2.3', 'a.b.c', 'latest'])(
    'The runner version %s is refused',
    (version) => {
      expect(problemsWith({ 'runner-version': version })).toEqual([
        `runner-version: expected a version like 2.331.0, got ${version}`,
      ]);
    },
  );

  test('The releases of bases are read by codename or version number', () => {
    const options = {
      'base-image': 'noble,22.04',
      'base-image-release': ' 24.04=20260801, jammy=20260730.1',
    };
    expect([...charmConfig(options).baseReleases]).toEqual([
      ['noble', '20260801'],
      ['jammy', '20260730.1'],
    ]);
  });

  test.each([
    ['noble', 'pairs like noble=20260801, got noble'],
    ['noble=', 'pairs like noble=20260801, got noble='],
    ['noble=current', 'pairs like noble=20260801, got noble=current'],
    ['noble=20260801,', 'pairs like noble=20260801, got nothing'],
    ['focal=20260801', 'one of the bases to build (noble), got focal=20260801'],
    ['noble=20260801,24.04=20260802', 'each base once, got noble twice'],
  ])('The release list "%s" is refused', (list, problem) => {
    expect(problemsWith({ 'base-image-release': list })).toEqual([`base-image-release: expected ${problem}`]);
  });

  test('The local networks of consumers are a comma list of IPv4 and IPv6 networks', () => {
    const options = { 'consumer-local-cidrs': '127.0.0.0/8, ::1/128' };
    expect(charmConfig(options).consumerLocalCidrs).toEqual(['127.0.0.0/8', '::1/128']);
  });

  test.each(['127.0.0.1', '127.0.0.0/33', 'localhost/8', '::1/129', '127.0.0.0/8/8', '10.0.0.0/x'])(
    'The local network "%s" is refused',
    (cidr) => {
      expect(problemsWith({ 'consumer-local-cidrs': cidr })).toEqual([
        `consumer-local-cidrs: expected a comma list of networks like 127.0.0.0/8, got ${cidr}`,
      ]);
    },
  );

  test.each(['invalidurl', 'invalidurl.com', 'https://', 'ftp://example.com/x', 'file:///etc/passwd'])(
    'The script URL %s is refused without repeating it',
    (url) => {
      expect(problemsWith({ 'script-url': url })).toEqual([
        'script-url: expected a URL like https://example.com/path, got something else',
      ]);
    },
  );

  test('The script URL is kept unchanged in a secret', () => {
    const { scriptUrl } = charmConfig({ 'script-url': 'https://user:t0ken@example.com/s.sh?x=%20' });
    expect(scriptUrl?.reveal()).toBe('https://user:t0ken@example.com/s.sh?x=%20');
    expect(String(scriptUrl)).toBe('[secret]');
  });

  test('A script secret without a script URL is refused', () => {
    expect(problemsWith({ 'script-secret-id': 'secret:abc' })).toEqual([
      'script-secret-id: expected script-url to be set too, as only a script receives the secret, got nothing',
    ]);
  });

  test('A password instead of the URI of a secret is refused without repeating it', () => {
    const problems = problemsWith({ 'openstack-password-secret': 'hunter2' });
    expect(problems).toEqual([
      'openstack-password-secret: expected the URI of a Juju secret like secret:<id>, got something else',
    ]);
  });

  test.each(['cloud-images-url', 'runner-releases-url', 'openstack-auth-url'])(
    'A %s that is not a URL or has a password is refused',
    (option) => {
      expect(problemsWith({ [option]: 'mirror' })).toEqual([
        `${option}: expected a URL like https://example.com/path, got mirror`,
      ]);
      expect(problemsWith({ [option]: 'https://user:hunter2@mirror.example.com/' })).toEqual([
        `${option}: expected a URL without user and password, got one with them`,
      ]);
    },
  );

  test('An option of any length gives a short problem', () => {
    expect(problemsWith({ 'build-network': 'x'.repeat(10_001) })).toEqual([
      'build-network: expected at most 10000 characters, got 10001',
    ]);
    expect(problemsWith({ 'runner-version': 'x'.repeat(9000) })).toEqual([
      `runner-version: expected a version like 2.331.0, got ${'x'.repeat(60)}…`,
    ]);
    expect(problemsWith({ 'openstack-password-secret': `secret:${'x'.repeat(300)}` })).toEqual([
      'openstack-password-secret: expected the URI of a Juju secret like secret:<id>, got something else',
    ]);
  });

  test('The charm reads exactly the options that config.yaml declares', () => {
    const raw = rawConfig({ 'script-url': 'https://example.com/s', 'script-secret-id': 'secret:abc' });
    const read = new Set<string>();
    const spy = new Proxy(raw, {
      get: (target, name) => {
        if (typeof name === 'string') read.add(name);
        return target[name as string];
      },
    });
    parseCharmConfig(spy, 'x86_64');
    read.add('experimental-external-build'); // accepted and without effect
    expect([...read].sort()).toEqual(Object.keys(declaredOptions()).sort());
  });
});
