import { describe, expect, test } from '@jest/globals';
import { decide } from '../../src/charm/decide.ts';
import { Secret } from '../../src/model/secret.ts';
import { BROKEN, WISH, after } from './support/dispatches.ts';
import { built, cloudOf, imageRelation, observed, remoteUnit, report } from './support/facts.ts';
import { charmConfig } from './support/options.ts';

describe('the desired state', () => {
  test('follows from options, secrets and consumers', () => {
    const config = charmConfig({
      'base-image': 'jammy,noble',
      'build-flavor': 'Big',
      'build-network': 'Net',
      'runner-version': '2.331.0',
      'revision-history-limit': 7,
      'max-parallel-builds': 3,
    });
    const facts = observed({ wish: { ...WISH, config } });
    const { desired } = decide(facts);
    const [relation] = facts.relations;
    expect(desired).toEqual({
      format: 1,
      generation: 1,
      unit: 'app/0',
      application: 'app',
      modelUuid: 'deadbeef-0bad-400d-8000-4b1d0d06f00d',
      role: 'works',
      credentialsGeneration: 1,
      images: {
        arch: 'x64',
        bases: ['jammy', 'noble'],
        jujuChannels: [],
        microk8sChannels: [],
        prefix: 'app',
        runnerVersion: '2.331.0',
        scriptDigest: '',
        cloudImagesUrl: 'https://cloud-images.ubuntu.com',
        runnerReleasesUrl: 'https://github.com/actions/runner/releases',
      },
      build: {
        cloud: 'builder',
        project: 'https://keystone.example.com:5000/v3 default/build',
        flavor: 'Big',
        network: 'Net',
        maxParallel: 3,
        keepRevisions: 7,
      },
      consumers: [
        { relationId: 3, unit: 'consumer/0', cloudId: relation === undefined ? '' : cloudOf(relation) },
      ],
      published: [{ relationId: 3, imageIds: [], isSettled: true }],
      requests: [],
    });
  });

  test('is not written again while nothing changes, and its number grows when something does', () => {
    const first = observed();
    const second = after(first, decide(first));
    expect(decide(second)).toMatchObject({ isDesiredWritten: false, credentials: { isWritten: false } });
    const changed = { ...second, wish: { ...WISH, config: charmConfig({ 'runner-version': '2.331.0' }) } };
    expect(decide(changed)).toMatchObject({
      isDesiredWritten: true,
      desired: { generation: 2, credentialsGeneration: 1 },
    });
  });

  test('that was lost is numbered beyond all that the scheduler knows', () => {
    const facts = observed({ built: built({ desiredGeneration: 41 }) });
    expect(decide(facts).desired?.generation).toBe(42);
  });

  test('has another digest when the script, a secret of it or the key is another, and only then', () => {
    const digestOf = (url: string, secrets: Record<string, string>, key = 'k') => {
      const scriptSecrets = Object.fromEntries(
        Object.entries(secrets).map(([name, value]) => [name, new Secret(value)]),
      );
      const wish = { ...WISH, config: charmConfig({ 'script-url': url }), scriptSecrets };
      return decide(observed({ wish, key: new Secret(key) })).desired?.images.scriptDigest;
    };
    const digest = digestOf('https://e/s', { A: '1', B: '2' });
    expect(digest).toMatch(/^[0-9a-f]{16}$/);
    expect(digestOf('https://e/s', { B: '2', A: '1' })).toBe(digest);
    const others = [
      digestOf('https://e/t', { A: '1', B: '2' }),
      digestOf('https://e/s', { A: '1', B: '3' }),
      digestOf('https://e/s', { A: '1' }),
      digestOf('https://e/s', { A: '1', B: '2' }, 'other'),
    ];
    expect(new Set([digest, ...others]).size).toBe(5);
    expect(digestOf('', { A: '1' })).toBe('');
  });

  test('goes on as it was while options cannot be used, for consumers that are still there', () => {
    const gone = imageRelation({ id: 4, units: [remoteUnit('other/0')] });
    const first = observed({ relations: [imageRelation(), gone] });
    const { desired: good } = decide(first);
    const second = { ...after(first, decide(first)), ...BROKEN, relations: [imageRelation()] };
    const { desired, credentials, status } = decide(second);
    expect(desired).toEqual({
      ...good,
      generation: 2,
      consumers: good?.consumers.slice(0, 1),
      published: [{ relationId: 3, imageIds: [], isSettled: true }],
    });
    expect(credentials).toBeUndefined();
    expect(status.name).toBe('blocked');
  });

  test('is none while options could never be used', () => {
    expect(decide(observed(BROKEN))).toMatchObject({ desired: undefined, isDesiredWritten: false });
  });
});

describe('relation data', () => {
  const relation = imageRelation();
  const news = built({ clouds: [report(cloudOf(relation), { noble: 'n1' })] });

  test('is told to the scheduler before it is written, and as settled once it was read back', () => {
    const first = observed({ built: news });
    const writing = decide(first);
    expect(writing.desired?.published).toEqual([{ relationId: 3, imageIds: ['n1'], isSettled: false }]);
    const settled = decide(after(first, writing));
    expect(settled.desired?.published).toEqual([{ relationId: 3, imageIds: ['n1'], isSettled: true }]);
    expect(settled.databags[0]?.changes).toEqual({});
  });

  test('that was dropped with its hook is written again', () => {
    const first = observed({ built: news });
    const dropped = { ...after(first, decide(first)), relations: first.relations };
    expect(decide(dropped).databags[0]?.changes['id']).toBe('n1');
    expect(decide(dropped).isDesiredWritten).toBe(false);
  });

  test('is kept up while options cannot be used', () => {
    const first = observed();
    const second = { ...after(first, decide(first)), ...BROKEN, built: news };
    const { databags, desired } = decide(second);
    expect(databags[0]?.changes['id']).toBe('n1');
    expect(desired?.published).toEqual([{ relationId: 3, imageIds: ['n1'], isSettled: false }]);
  });

  test('is told of every relation, also of one without credentials', () => {
    const waiting = imageRelation({ id: 9, units: [], databag: { id: 'old' } });
    const { desired } = decide(observed({ relations: [relation, waiting], built: news }));
    expect(desired?.published?.map(({ relationId, imageIds }) => [relationId, imageIds])).toEqual([
      [3, ['n1']],
      [9, ['old']],
    ]);
  });

  test('that offers no image yet is told in the status, beside those that do', () => {
    const late = imageRelation({ id: 9, application: 'late', units: [remoteUnit('late/0')] });
    const { status } = decide(observed({ relations: [relation, late], built: news }));
    expect(status).toEqual({ name: 'active', message: 'next build 14:00Z; no image yet for image:9 (late)' });
  });
});
