import { describe, expect, test } from '@jest/globals';
import { uuidOf } from '../support/uuid-of.ts';
import { ask, orderFor, problemsOf } from './ask.ts';

describe('init', () => {
  test('The command init prepares noble for the architecture of the host by default', () => {
    const { entries } = orderFor('prepare', ['init']).order;
    expect(entries).toMatchObject([{ image: { base: 'noble', arch: 'x64' }, cloud: { resourcePrefix: '' } }]);
  });

  test('The command init accepts several bases and removes duplicates', () => {
    const { entries } = orderFor('prepare', ['init', '--base-image', 'noble, jammy,24.04']).order;
    expect(entries.map(({ image }) => image.base)).toEqual(['noble', 'jammy']);
  });

  test('The command init reports every unknown base', () => {
    expect(problemsOf('init', '--base-image', 'noble,x,y')).toHaveLength(2);
  });

  test('The command init refuses an empty list of bases', () => {
    expect(problemsOf('init', '--base-image', '')).toHaveLength(1);
  });
});

describe('preflight', () => {
  test('The command preflight takes the options of a build, and several bases', () => {
    const argv = ['preflight', '--base-image', 'noble,jammy', '--flavor', 'm1', '--upload-clouds', 'a,b'];
    const { order, secrets } = orderFor('preflight', [...argv, '--script-url', 'https://example.com/s']);
    expect(order.entries).toMatchObject([
      { image: { base: 'noble', scriptUrl: 'secrets.json' }, cloud: { buildFlavor: 'm1' } },
      { image: { base: 'jammy' } },
    ]);
    expect(order.cloudIds).toEqual(['a', 'b']);
    expect(secrets.scriptUrl.reveal()).toBe('https://example.com/s');
  });
});

describe('latest-build-id', () => {
  test('The command latest-build-id requests an active image, or any with --any-status', () => {
    expect(ask(['latest-build-id', 'n'])).toMatchObject({ imageName: 'n', which: 'active' });
    expect(ask(['latest-build-id', 'n', '--any-status'])).toMatchObject({ which: 'any' });
  });

  test('The command latest-build-id works on a host of any architecture', () => {
    expect(ask(['latest-build-id', 'n'], { arch: 'mips' })).toMatchObject({ imageName: 'n' });
  });
});

describe('prune', () => {
  test('The option --protect accepts ids as words and as comma-separated lists', () => {
    const ids = ['a', 'b', 'c', 'd'].map(uuidOf);
    const [a = '', b = '', c = '', d = ''] = ids;
    const argv = ['prune', 'n', '-k', '2', '--dry-run', '--protect', `${a},${b}`, c, '--protect', d];
    expect(orderFor('prune', argv).order).toMatchObject({
      imageName: 'n',
      keepRevisions: 2,
      isDryRun: true,
      protectedIds: ids,
    });
  });

  test.each(['noble', '../x', 'x'.repeat(150_000)])(
    'The options --protect and --published refuse a text that is no UUID, which would protect nothing (%#)',
    (odd) => {
      const got = odd.slice(0, 100);
      const owned = ['--owner', '{"application": "a"}'];
      expect(problemsOf('prune', 'n', '--protect', `${uuidOf('a')},${odd}`)).toEqual([
        `--protect: expected the id of an image, a UUID, got ${got}`,
      ]);
      expect(problemsOf('prune', 'n', ...owned, '--published', odd)).toEqual([
        `--published: expected the id of an image, a UUID, got ${got}`,
      ]);
    },
  );

  test('The command prune keeps five revisions and protects none by default', () => {
    const { order } = orderFor('prune', ['prune', 'n']);
    expect(order).toMatchObject({ keepRevisions: 5, protectedIds: [], isDryRun: false });
  });

  test('The command prune changes marks only with --published', () => {
    const publishedIn = (...argv: string[]) => orderFor('prune', ['prune', 'n', ...argv]).order.publishedIds;
    const owned = ['--owner', '{"application": "a"}'];
    expect(publishedIn()).toBeUndefined();
    const [a = '', b = '', c = ''] = ['a', 'b', 'c'].map(uuidOf);
    expect(publishedIn(...owned, '--published', `${a},${b}`, c)).toEqual([a, b, c]);
    expect(publishedIn(...owned, '--published', '')).toEqual([]);
  });

  test('The option --published without --owner is refused', () => {
    expect(problemsOf('prune', 'n', '--published', uuidOf('a'))).toEqual([
      '--published: expected --owner as well, because only images of the owner are marked, got nothing',
    ]);
  });

  test('The command prune refuses to keep no revision', () => {
    expect(problemsOf('prune', 'n', '-k', '0')).toHaveLength(1);
  });
});

describe('sweep', () => {
  test('The command sweep without --owner uses the prefix as the owner', () => {
    expect(ask(['sweep', '--prefix', 'p'])).toMatchObject({
      command: 'sweep',
      owner: { application: 'p', modelUuid: '' },
    });
  });

  test('The command sweep refuses a dry run for registrations at GitHub', () => {
    const [problem] = problemsOf('sweep', '--dry-run', '--github-path', 'o/r');
    expect(problem).toMatch(/^--dry-run: expected no --github-path/);
  });

  test('The command sweep refuses an invalid prefix', () => {
    expect(problemsOf('sweep', '--prefix', 'a;b')).toHaveLength(1);
  });
});
