import { describe, expect, test } from '@jest/globals';
import { DEFAULT_TIMEOUTS } from '../../src/model/timeouts.ts';
import { ask, problemsOf } from './ask.ts';

describe('run', () => {
  test('needs a name only', () => {
    expect(ask(['run', 'noble-x64'])).toEqual({
      ...{ command: 'run', cloudName: '', logLevel: 'info', logFormat: 'text' },
      format: 'json',
      owner: { application: 'by-hand', modelUuid: '', unit: '', buildId: 'new-1' },
      isOwnerGiven: false,
      timeouts: DEFAULT_TIMEOUTS,
      cloudImagesUrl: 'https://cloud-images.ubuntu.com',
      runnerReleasesUrl: 'https://github.com/actions/runner/releases',
      sshPort: 22,
      cloud: {
        dockerhubCache: undefined,
        flavor: '',
        network: '',
        prefix: '',
        proxy: '',
        uploadCloudNames: [],
        withinCloud: 'copy',
      },
      image: {
        arch: 'x64',
        base: 'noble',
        juju: '',
        microk8s: '',
        runnerVersion: '',
        scriptUrl: '',
        name: 'noble-x64',
      },
      keepRevisions: 5,
    });
  });

  test.each([
    [['-b', 'jammy'], { image: { base: 'jammy' } }],
    [['--base-image', '22.04'], { image: { base: 'jammy' } }],
    [['--base-image=Noble'], { image: { base: 'noble' } }],
    [['-k', '3'], { keepRevisions: 3 }],
    [['--no-prune'], { keepRevisions: undefined }],
    [['--log-format', 'json'], { logFormat: 'json' }],
    [['--keep-revisions', '12'], { keepRevisions: 12 }],
    [['--arch', 'ARM64'], { image: { arch: 'arm64' } }],
    [['--arch', 'aarch64'], { image: { arch: 'arm64' } }],
    [['--flavor', 'm1.small'], { cloud: { flavor: 'm1.small' } }],
    [['--network', 'net'], { cloud: { network: 'net' } }],
    [['--prefix', 'p'], { cloud: { prefix: 'p' }, owner: { application: 'p' } }],
    [['--runner-version', '2.331.0'], { image: { runnerVersion: '2.331.0' } }],
    [['--runner-version', 'v2.331.0'], { image: { runnerVersion: '2.331.0' } }],
    [['--script-url', 'https://x/s.sh?t=1'], { image: { scriptUrl: 'https://x/s.sh?t=1' } }],
    [['--runner-releases-url', 'http://m/r'], { runnerReleasesUrl: 'http://m/r' }],
    [['--cloud-images-url', 'http://m/u'], { cloudImagesUrl: 'http://m/u' }],
    [['--server-timeout', '7'], { timeouts: { ...DEFAULT_TIMEOUTS, serverTimeout: 7 } }],
    [['--format', 'text'], { format: 'text' }],
    [['--os-cloud', 'c2'], { cloudName: 'c2' }],
    [['--proxy', ''], { cloud: { proxy: '' } }],
  ])('takes %p', (argv, expected) => {
    expect(ask(['run', 'n', ...argv])).toMatchObject(expected);
  });

  test('takes what holds for all commands before its own name as well', () => {
    expect(ask(['--os-cloud', 'c2', '--api-timeout', '9', 'run', 'n'])).toMatchObject({
      cloudName: 'c2',
      timeouts: { apiTimeout: 9 },
    });
  });

  test.each(['--juju', '--microk8s', '--dockerhub-cache', '--proxy'])(
    'refuses %s, which comes later',
    (option) => {
      expect(problemsOf('run', 'n', option, 'value')).toEqual([`${option}: not in this version`]);
    },
  );

  test.each([
    [['-b', 'bionic'], '--base-image: expected one of focal, jammy, noble, resolute, 20.04'],
    [['-k', '0'], '--keep-revisions: expected a whole number from 1 to 1000000, got 0'],
    [['-k', 'many'], 'got many'],
    [['-k', '1.5'], 'got 1.5'],
    [['-k=-1'], 'got =-1'],
    [
      ['--no-prune', '-k', '3'],
      '--keep-revisions: expected nothing of it beside --no-prune (drop one of them), got 3',
    ],
    [['--log-format', 'xml'], '--log-format: expected json or text, got xml'],
    [['--owner', '{"application": "a", "run_config": 1}'], '--owner.run_config: expected a string'],
    [['--arch', 'mips'], '--arch: expected one of arm64, x64, s390x, ppc64le, arm, got mips'],
    [['--runner-version', 'latest'], '--runner-version: expected a version like 2.331.0, got latest'],
    [['--cloud-images-url', 'ftp://x'], '--cloud-images-url: expected a URL'],
    [['--runner-releases-url', 'x'], '--runner-releases-url: expected a URL'],
    [['--boot-timeout', '1e3'], '--boot-timeout: expected a whole number from 1 to 1000000, got 1e3'],
    [['--api-timeout', '0'], '--api-timeout: expected a whole number from 1 to 1000000, got 0'],
    [['--log-level', 'loud'], '--log-level: expected debug, info, warning or error, got loud'],
    [['--format', 'xml'], '--format: expected json or text, got xml'],
    [['--owner', '{'], '--owner: expected a JSON object'],
  ])('refuses %p', (argv, problem) => {
    const problems = problemsOf('run', 'n', ...argv);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });

  test('tells all problems of a command line at once', () => {
    const owner = '{"unit": 1}';
    const argv = ['-b', 'x', '-k', 'x', '--arch', 'x', '--runner-version', 'x', '--script-url', 'x'];
    const more = ['--log-level', 'x', '--format', 'x', '--owner', owner, '--ssh-timeout', 'x', '--juju', 'x'];
    expect(problemsOf('run', ' ', ...argv, ...more)).toHaveLength(12);
  });

  test('never tells the URL of the script', () => {
    for (const url of ['MARKED', 'ftp://x/MARKED', 'https://MARKED:x']) {
      expect(problemsOf('run', 'n', '--script-url', url).join()).toMatch(/--script-url .*expected a URL/);
      expect(problemsOf('run', 'n', '--script-url', url).join()).not.toMatch('MARKED');
    }
  });

  test('refuses a host whose architecture it does not know, unless one is given', () => {
    expect(() => ask(['run', 'n'], { arch: 'mips' })).toThrow('--arch: expected one of');
    expect(ask(['run', 'n', '--arch', 'x64'], { arch: 'mips' })).toMatchObject({ image: { arch: 'x64' } });
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
  ])('%s is %s', (given, logLevel) => {
    expect(ask(['--log-level', given, 'run', 'n'])).toMatchObject({ logLevel });
  });

  test('is not a word of the language', () => {
    expect(problemsOf('run', 'n', '--log-level', 'constructor')).toHaveLength(1);
  });
});

describe('the cloud', () => {
  test('is that of --os-cloud, else of OS_CLOUD, else to be determined', () => {
    expect(ask(['--os-cloud', 'a', 'run', 'n'], { osCloud: 'b' }).cloudName).toBe('a');
    expect(ask(['run', 'n'], { osCloud: 'b' }).cloudName).toBe('b');
    expect(ask(['run', 'n']).cloudName).toBe('');
  });
});

describe('the owner', () => {
  test('is what --owner says', () => {
    const json = JSON.stringify({ application: 'a', model_uuid: 'm', unit: 'a/0', build_id: 'b' });
    expect(ask(['run', 'n', '--owner', json])).toMatchObject({
      isOwnerGiven: true,
      owner: { application: 'a', modelUuid: 'm', unit: 'a/0', buildId: 'b' },
    });
  });
});

describe('init', () => {
  test('prepares noble, for the architecture of the host', () => {
    expect(ask(['init'])).toMatchObject({ command: 'init', bases: ['noble'], arch: 'x64', prefix: '' });
  });

  test('takes several bases, each once', () => {
    const { bases } = ask(['init', '--base-image', 'noble, jammy,24.04']) as { bases: readonly string[] };
    expect(bases).toEqual(['noble', 'jammy']);
  });

  test('tells every base that is none', () => {
    expect(problemsOf('init', '--base-image', 'noble,x,y')).toHaveLength(2);
  });

  test('with an empty list of bases is told', () => {
    expect(problemsOf('init', '--base-image', '')).toHaveLength(1);
  });
});

describe('latest-build-id', () => {
  test('looks for an active image, or any', () => {
    expect(ask(['latest-build-id', 'n'])).toMatchObject({ imageName: 'n', which: 'active' });
    expect(ask(['latest-build-id', 'n', '--any-status'])).toMatchObject({ which: 'any' });
  });

  test('works on a host of any architecture', () => {
    expect(ask(['latest-build-id', 'n'], { arch: 'mips' })).toMatchObject({ imageName: 'n' });
  });
});

describe('prune', () => {
  test('takes ids to protect as words and as a comma list', () => {
    const request = ask(['prune', 'n', '-k', '2', '--dry-run', '--protect', 'a,b', 'c', '--protect', 'd']);
    expect(request).toMatchObject({
      imageName: 'n',
      keepRevisions: 2,
      isDryRun: true,
      protectedIds: ['a', 'b', 'c', 'd'],
    });
  });

  test('keeps five and protects none unless told', () => {
    expect(ask(['prune', 'n'])).toMatchObject({ keepRevisions: 5, protectedIds: [], isDryRun: false });
  });

  test('leaves the marks of what is published as they are, unless told what is', () => {
    expect(ask(['prune', 'n'])).toMatchObject({ publishedIds: undefined });
    const owned = ['prune', 'n', '--owner', '{"application": "a"}'];
    expect(ask([...owned, '--published', 'a,b', 'c'])).toMatchObject({ publishedIds: ['a', 'b', 'c'] });
    expect(ask([...owned, '--published', ''])).toMatchObject({ publishedIds: [] });
  });

  test('with --published and no owner, whose marks they would be, is refused', () => {
    expect(problemsOf('prune', 'n', '--published', 'a')).toEqual([
      '--published: expected --owner with it: marks are of its images, got nothing',
    ]);
  });

  test('without a revision to keep is refused', () => {
    expect(problemsOf('prune', 'n', '-k', '0')).toHaveLength(1);
  });
});

describe('sweep', () => {
  test('is for the owner, else for the prefix', () => {
    expect(ask(['sweep', '--prefix', 'p'])).toMatchObject({
      command: 'sweep',
      owner: { application: 'p', modelUuid: '' },
    });
  });

  test('refuses a prefix that no name may have', () => {
    expect(problemsOf('sweep', '--prefix', 'a;b')).toHaveLength(1);
  });
});
