import { describe, expect, test } from '@jest/globals';
import { ask, orderFor, problemsOf } from './ask.ts';

describe('init', () => {
  test('prepares noble, for the architecture of the host', () => {
    const { entries } = orderFor('prepare', ['init']).order;
    expect(entries).toMatchObject([{ image: { base: 'noble', arch: 'x64' }, cloud: { resourcePrefix: '' } }]);
  });

  test('takes several bases, each once', () => {
    const { entries } = orderFor('prepare', ['init', '--base-image', 'noble, jammy,24.04']).order;
    expect(entries.map(({ image }) => image.base)).toEqual(['noble', 'jammy']);
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
    const argv = ['prune', 'n', '-k', '2', '--dry-run', '--protect', 'a,b', 'c', '--protect', 'd'];
    expect(orderFor('prune', argv).order).toMatchObject({
      imageName: 'n',
      keepRevisions: 2,
      isDryRun: true,
      protectedIds: ['a', 'b', 'c', 'd'],
    });
  });

  test('keeps five and protects none unless told', () => {
    const { order } = orderFor('prune', ['prune', 'n']);
    expect(order).toMatchObject({ keepRevisions: 5, protectedIds: [], isDryRun: false });
  });

  test('leaves the marks of what is published as they are, unless told what is', () => {
    const publishedIn = (...argv: string[]) => orderFor('prune', ['prune', 'n', ...argv]).order.publishedIds;
    const owned = ['--owner', '{"application": "a"}'];
    expect(publishedIn()).toBeUndefined();
    expect(publishedIn(...owned, '--published', 'a,b', 'c')).toEqual(['a', 'b', 'c']);
    expect(publishedIn(...owned, '--published', '')).toEqual([]);
  });

  test('with --published and no owner, whose marks they would be, is refused', () => {
    expect(problemsOf('prune', 'n', '--published', 'a')).toEqual([
      '--published: expected --owner as well, because only images of the owner are marked, got nothing',
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
