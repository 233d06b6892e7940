import { describe, expect, test } from '@jest/globals';
import { DEFAULT_SOURCES } from '../../src/model/guest/guest-options.ts';
import { ImageConfig } from '../../src/model/run-config.ts';
import { Secret } from '../../src/model/secret.ts';
import { DEFAULT_TIMEOUTS } from '../../src/model/job/timeouts.ts';
import { ask, orderFor, problemsOf } from './ask.ts';

describe('run', () => {
  test('The command run needs only a name', () => {
    const owner = { application: 'by-hand', modelUuid: '', unit: '' };
    const urls = {
      cloudImagesUrl: 'https://cloud-images.ubuntu.com',
      runnerReleasesUrl: 'https://github.com/actions/runner/releases',
    };
    const none = { juju: '', microk8s: '', prefix: '', runnerVersion: '' } as const;
    const image = { arch: 'x64', base: 'noble', ...none } as const;
    expect(ask(['run', 'noble-x64'])).toEqual({
      ...{ command: 'order', cloudName: '', logLevel: 'info', logFormat: 'text', format: 'json' },
      owner: { ...owner, buildId: 'new-1' },
      isOwnerGiven: false,
      timeouts: DEFAULT_TIMEOUTS,
      ...urls,
      sshPort: 22,
      secrets: {
        ...{ scriptUrl: new Secret(''), scriptSecrets: new Map() },
        proxy: undefined,
        guestProxy: undefined,
        openstackCa: '',
      },
      order: {
        ...{ format: 1, kind: 'build', id: 'new-1', owner, reason: 'by hand', timeouts: {}, sshPort: 22 },
        orderedAt: '2026-11-21T08:00:00.000Z',
        imageName: 'noble-x64',
        inputs: '',
        cloudIds: [],
        withinCloud: 'copy',
        keepRevisions: 5,
        secretsGeneration: undefined,
        entry: {
          image: new ImageConfig({ ...image, baseRelease: '', scriptUrl: '', scriptDigest: '' }),
          cloud: {
            ...{ buildCloud: '', buildFlavor: '', buildNetwork: '', floatingNetwork: '', resourcePrefix: '' },
            ...{ sshCidrs: [], uploadClouds: [], numRevisions: 5 },
          },
          externalService: { dockerhubCache: '', proxy: '', ...urls, sources: DEFAULT_SOURCES },
        },
      },
    });
  });

  test.each([
    [['-b', 'jammy'], { order: { entry: { image: { base: 'jammy' } } } }],
    [['--base-image', '22.04'], { order: { entry: { image: { base: 'jammy' } } } }],
    [['--base-image=Noble'], { order: { entry: { image: { base: 'noble' } } } }],
    [['-k', '3'], { order: { keepRevisions: 3 } }],
    [['--no-prune'], { order: { keepRevisions: undefined } }],
    [['--log-format', 'json'], { logFormat: 'json' }],
    [['--keep-revisions', '12'], { order: { keepRevisions: 12 } }],
    [['--arch', 'ARM64'], { order: { entry: { image: { arch: 'arm64' } } } }],
    [['--arch', 'aarch64'], { order: { entry: { image: { arch: 'arm64' } } } }],
    [['--flavor', 'm1.small'], { order: { entry: { cloud: { buildFlavor: 'm1.small' } } } }],
    [
      ['--builder-ssh-cidr', '192.0.2.0/24, fd00::/8'],
      { order: { entry: { cloud: { sshCidrs: ['192.0.2.0/24', 'fd00::/8'] } } } },
    ],
    [['--floating-network', 'ext'], { order: { entry: { cloud: { floatingNetwork: 'ext' } } } }],
    [['--network', 'net'], { order: { entry: { cloud: { buildNetwork: 'net' } } } }],
    [
      ['--prefix', 'p'],
      { order: { entry: { cloud: { resourcePrefix: 'p' } }, owner: { application: 'p' } } },
    ],
    [['--runner-version', '2.331.0'], { order: { entry: { image: { runnerVersion: '2.331.0' } } } }],
    [
      ['--base-image-release', '24.04=20260801'],
      { order: { entry: { image: { baseRelease: '20260801' } } } },
    ],
    [
      ['--image-property', 'os_x=1, hw_disk_bus=scsi'],
      { order: { entry: { image: { imageProperties: 'hw_disk_bus=scsi,os_x=1' } } } },
    ],
    [['--runner-version', 'v2.331.0'], { order: { entry: { image: { runnerVersion: '2.331.0' } } } }],
    [['--script-url', 'https://x/s.sh?t=1'], { order: { entry: { image: { scriptUrl: 'secrets.json' } } } }],
    [['--upload-clouds', 'a,b', '--share'], { order: { cloudIds: ['a', 'b'], withinCloud: 'share' } }],
    [
      ['--owner', '{"application": "a", "run_config": "c=1"}'],
      { order: { inputs: 'c=1' }, owner: { runConfig: 'c=1' } },
    ],
    [['--runner-releases-url', 'http://m/r'], { runnerReleasesUrl: 'http://m/r' }],
    [['--cloud-images-url', 'http://m/u'], { cloudImagesUrl: 'http://m/u' }],
    [
      ['--server-timeout', '7'],
      {
        timeouts: { ...DEFAULT_TIMEOUTS, serverTimeout: 7 },
        order: { timeouts: { serverTimeout: 7 } },
      },
    ],
    [['--format', 'text'], { format: 'text' }],
    [['--os-cloud', 'c2'], { order: { entry: { cloud: { buildCloud: 'c2' } } } }],
    [['--proxy', ''], { order: { entry: { externalService: { proxy: '' } } } }],
    [['--juju', '3.6/Stable'], { order: { entry: { image: { juju: '3.6/stable', microk8s: '' } } } }],
    [
      ['--microk8s', '1.32-strict/edge/fix-1'],
      { order: { entry: { image: { microk8s: '1.32-strict/edge/fix-1' } } } },
    ],
    [
      ['--dockerhub-cache', 'https://cache.example:5000'],
      { order: { entry: { externalService: { dockerhubCache: 'https://cache.example:5000' } } } },
    ],
    [['--bootstrap', 'build'], { order: { entry: { image: { content: { bootstrap: 'build' } } } } }],
  ])('The command run accepts %p', (argv, expected) => {
    expect(ask(['run', 'n', ...argv])).toMatchObject(expected);
  });

  test('The options of all commands are accepted before the name of the command', () => {
    expect(ask(['--os-cloud', 'c2', '--api-timeout', '9', 'run', 'n'])).toMatchObject({
      cloudName: 'c2',
      timeouts: { apiTimeout: 9 },
    });
  });

  test.each([
    [['-b', 'bionic'], '--base-image: expected one of focal, jammy, noble, resolute, 20.04'],
    [['--juju', '3.6'], '--juju: expected TRACK/RISK or TRACK/RISK/BRANCH, such as 3.6/stable, got 3.6'],
    [
      ['--microk8s', '1.32/stable/'],
      '--microk8s: expected TRACK/RISK or TRACK/RISK/BRANCH, such as 3.6/stable, got 1',
    ],
    [['--bootstrap', 'never'], '--bootstrap: expected one of boot, build, got never'],
    [
      ['--dockerhub-cache', 'http://u:p@c'],
      '--dockerhub-cache: expected a URL without user, password, query',
    ],
    [['-k', '0'], '--keep-revisions: expected a whole number from 1 to 1000000, got 0'],
    [['-k', 'many'], 'got many'],
    [['-k', '1.5'], 'got 1.5'],
    [['-k=-1'], 'got =-1'],
    [
      ['--no-prune', '-k', '3'],
      '--keep-revisions: expected no value together with --no-prune (remove one of the two options), got 3',
    ],
    [['--log-format', 'xml'], '--log-format: expected json or text, got xml'],
    [['--owner', '{"application": "a", "run_config": 1}'], '--owner.run_config: expected a string'],
    [
      ['--arch', 'armhf', '-b', '22.04'],
      /^--base-image: expected noble or resolute for the architecture arm, because the runner .* older bases lack, got jammy$/,
    ],
    [['--arch', 'mips'], '--arch: expected one of arm64, x64, s390x, ppc64le, arm, got mips'],
    [
      ['--base-image-release', 'jammy=20260801'],
      '--base-image-release: expected one of the bases to build (noble), got jammy=20260801',
    ],
    [
      ['--image-property', 'vendor=x'],
      '--image-property: expected pairs like hw_disk_bus=scsi, got vendor=x',
    ],
    [['--runner-version', 'latest'], '--runner-version: expected a version like 2.331.0, got latest'],
    [['--cloud-images-url', 'ftp://x'], '--cloud-images-url: expected a URL'],
    [['--runner-releases-url', 'x'], '--runner-releases-url: expected a URL'],
    [['--boot-timeout', '1e3'], '--boot-timeout: expected a whole number from 1 to 1000000, got 1e3'],
    [['--api-timeout', '0'], '--api-timeout: expected a whole number from 1 to 1000000, got 0'],
    [['--log-level', 'loud'], '--log-level: expected debug, info, warning or error, got loud'],
    [['--format', 'xml'], '--format: expected json or text, got xml'],
    [['--owner', '{'], '--owner: expected a JSON object'],
  ])('The command run refuses %p', (argv, problem) => {
    const problems = problemsOf('run', 'n', ...argv);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });

  test('All problems of a command line are reported at once', () => {
    const owner = '{"unit": 1}';
    const argv = ['-b', 'x', '-k', 'x', '--arch', 'x', '--runner-version', 'x', '--script-url', 'x'];
    const more = ['--log-level', 'x', '--format', 'x', '--owner', owner, '--ssh-timeout', 'x', '--juju', 'x'];
    expect(problemsOf('run', ' ', ...argv, ...more)).toHaveLength(12);
  });

  test.each([
    ['x64', 'actions/runner'],
    ['arm64', 'actions/runner'],
    ['arm', 'actions/runner'],
    ['s390x', 'canonical/github-actions-runner'],
    ['ppc64el', 'canonical/github-actions-runner'],
  ])('The runner for %s comes from %s by default', (arch, repository) => {
    const url = `https://github.com/${repository}/releases`;
    expect(ask(['run', 'n', '--arch', arch])).toMatchObject({ runnerReleasesUrl: url });
    const mirror = ['--runner-releases-url', 'http://m/r'];
    expect(ask(['run', 'n', '--arch', arch, ...mirror])).toMatchObject({ runnerReleasesUrl: 'http://m/r' });
  });

  test('The base and the architecture of init and run are refused together, on an Arm host too', () => {
    const bases = ['init', '--base-image', 'focal,noble,20.04,jammy'] as const;
    expect(() => ask(bases, { arch: 'arm' })).toThrow(/^--base-image: .* got focal, jammy$/);
    expect(ask(['init', '--base-image', 'noble,resolute'], { arch: 'arm' })).toMatchObject({
      command: 'order',
    });
  });

  test('Problems never repeat the URL of the script', () => {
    for (const url of ['MARKED', 'ftp://x/MARKED', 'https://MARKED:x']) {
      expect(problemsOf('run', 'n', '--script-url', url).join()).toMatch(/--script-url .*expected a URL/);
      expect(problemsOf('run', 'n', '--script-url', url).join()).not.toMatch('MARKED');
    }
  });

  test('The command run refuses a host with an unknown architecture unless --arch is given', () => {
    expect(() => ask(['run', 'n'], { arch: 'mips' })).toThrow('--arch: expected one of');
    const { order } = orderFor('build', ['run', 'n', '--arch', 'x64'], { arch: 'mips' });
    expect(order.entry.image.arch).toBe('x64');
  });
});

describe('the log level', () => {
  test.each([
    ['10', 'debug'],
    ['20', 'info'],
    ['30', 'warning'],
    ['40', 'error'],
    ['DEBUG', 'debug'],
    ['debug', 'debug'],
    ['Info', 'info'],
    ['WARNING', 'warning'],
    ['error', 'error'],
  ])('The log level %s means %s', (given, logLevel) => {
    expect(ask(['--log-level', given, 'run', 'n'])).toMatchObject({ logLevel });
  });

  test('The name of an object property is not accepted as a log level', () => {
    expect(problemsOf('run', 'n', '--log-level', 'constructor')).toHaveLength(1);
  });
});

describe('the cloud', () => {
  test('The cloud is that of --os-cloud, or else of OS_CLOUD, or else determined later', () => {
    expect(ask(['--os-cloud', 'a', 'run', 'n'], { osCloud: 'b' }).cloudName).toBe('a');
    expect(ask(['run', 'n'], { osCloud: 'b' }).cloudName).toBe('b');
    expect(ask(['run', 'n']).cloudName).toBe('');
  });
});

describe('the owner', () => {
  test('The owner is read from --owner', () => {
    const json = JSON.stringify({ application: 'a', model_uuid: 'm', unit: 'a/0', build_id: 'b' });
    expect(ask(['run', 'n', '--owner', json])).toMatchObject({
      isOwnerGiven: true,
      owner: { application: 'a', modelUuid: 'm', unit: 'a/0', buildId: 'b' },
    });
  });
});
