import { describe, expect, test } from '@jest/globals';
import { decide } from '../../src/charm/decide.ts';
import { encodeDesiredState, parseDesiredState } from '../../src/model/desired-state.ts';
import { Secret } from '../../src/model/secret.ts';
import { FORMAT_1, formerPublications } from '../support/desired-format-1.ts';
import { BROKEN, SETTINGS, after } from './support/dispatches.ts';
import { built, cloudOf, imageRelation, observed, remoteUnit, report } from './support/facts.ts';
import { charmConfig } from './support/options.ts';

/** What 0.1.0 wrote for the options of these tests. */
const FORMAT_1_OF_OPTIONS = {
  ...FORMAT_1,
  credentialsGeneration: 1,
  images: {
    ...{ ...FORMAT_1.images, bases: ['noble'], runnerVersion: '', scriptDigest: '' },
    cloudImagesUrl: 'https://cloud-images.ubuntu.com',
    runnerReleasesUrl: 'https://github.com/actions/runner/releases',
  },
  build: {
    ...{ ...FORMAT_1.build, project: 'https://keystone.example.com:5000/v3 default/build' },
    ...{ flavor: '', network: '', maxParallel: 2, keepRevisions: 5 },
  },
};

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
    const facts = observed({ settings: { ...SETTINGS, config } });
    const { desired } = decide(facts);
    const [relation] = facts.relations;
    const cloudId = relation === undefined ? '' : cloudOf(relation);
    const image = {
      arch: 'x64',
      juju: '',
      microk8s: '',
      prefix: 'app',
      runnerVersion: '2.331.0',
      scriptUrl: '',
      scriptDigest: '',
    };
    const cloud = {
      buildCloud: 'builder',
      buildFlavor: 'Big',
      buildNetwork: 'Net',
      resourcePrefix: 'app',
      uploadClouds: [cloudId],
      numRevisions: 7,
    };
    const externalService = {
      dockerhubCache: '',
      proxy: '',
      cloudImagesUrl: 'https://cloud-images.ubuntu.com',
      runnerReleasesUrl: 'https://github.com/actions/runner/releases',
    };
    expect(desired && JSON.parse(encodeDesiredState(desired))).toEqual({
      format: 2,
      generation: 1,
      unit: 'app/0',
      application: 'app',
      modelUuid: 'deadbeef-0bad-400d-8000-4b1d0d06f00d',
      role: 'works',
      credentialsGeneration: 1,
      images: {
        'app-jammy-x64': { image: { ...image, base: 'jammy' }, cloud, externalService },
        'app-noble-x64': { image: { ...image, base: 'noble' }, cloud, externalService },
      },
      project: 'https://keystone.example.com:5000/v3 default/build',
      maxParallel: 3,
      consumers: [{ relationId: 3, unit: 'consumer/0', cloudId }],
      published: [{ relationId: 3, imageIds: [], isConfirmed: true }],
      requests: [],
    });
  });

  test('The first base of the option makes the primary image, which comes first in desired.json', () => {
    const first = observed({
      settings: { ...SETTINGS, config: charmConfig({ 'base-image': 'noble,jammy' }) },
    });
    const turned = {
      ...after(first, decide(first)),
      settings: { ...SETTINGS, config: charmConfig({ 'base-image': 'jammy,noble' }) },
    };
    const { desired, isDesiredWritten } = decide(turned);
    expect([...(desired?.images.keys() ?? [])]).toEqual(['app-jammy-x64', 'app-noble-x64']);
    expect({ isDesiredWritten, generation: desired?.generation }).toEqual({
      isDesiredWritten: true,
      generation: 2,
    });
  });

  test('Run configs upload to the cloud of each consumer once, in the order of the relations', () => {
    const [one, two] = [imageRelation(), imageRelation({ id: 4, units: [remoteUnit('other/0')] })];
    const { desired } = decide(observed({ relations: [one, two] }));
    const [primary] = desired?.images.values() ?? [];
    expect(primary?.cloud.uploadClouds).toEqual([cloudOf(one), cloudOf(two)]);
  });

  test('Run configs refer to the script in secrets.json and do not hold its URL', () => {
    const config = charmConfig({ 'script-url': 'https://user:token@e/s' });
    const { desired } = decide(observed({ settings: { ...SETTINGS, config } }));
    const [primary] = desired?.images.values() ?? [];
    expect(primary?.image.scriptUrl).toBe('secrets.json');
    expect(desired && encodeDesiredState(desired)).not.toContain('token');
  });

  test('is not written again while nothing changes, and its number grows when something does', () => {
    const first = observed();
    const second = after(first, decide(first));
    expect(decide(second)).toMatchObject({ isDesiredWritten: false, credentials: { isWritten: false } });
    const changed = {
      ...second,
      settings: { ...SETTINGS, config: charmConfig({ 'runner-version': '2.331.0' }) },
    };
    expect(decide(changed)).toMatchObject({
      isDesiredWritten: true,
      desired: { generation: 2, credentialsGeneration: 1 },
    });
  });

  test('A desired state of 0.1.0 is taken over with its number, requests and publications', () => {
    const relation = imageRelation();
    const first = observed({ relations: [relation] });
    const { desired: fresh, credentials } = decide(first);
    const json = {
      ...FORMAT_1_OF_OPTIONS,
      consumers: fresh?.consumers,
      published: formerPublications(fresh),
    };
    const upgraded = {
      ...first,
      installed: credentials ?? first.installed,
      desired: parseDesiredState(JSON.stringify(json)),
    };
    const { desired, isDesiredWritten } = decide(upgraded);
    expect({ isDesiredWritten, requests: desired?.requests }).toEqual({
      isDesiredWritten: false, // the daemon reads both formats: it goes on without a new generation
      requests: FORMAT_1.requests,
    });
    const changed = {
      ...upgraded,
      settings: { ...SETTINGS, config: charmConfig({ 'runner-version': '2.331.0' }) },
    };
    expect(decide(changed)).toMatchObject({
      isDesiredWritten: true,
      desired: { format: 2, generation: FORMAT_1.generation + 1, requests: FORMAT_1.requests },
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
      const settings = { ...SETTINGS, config: charmConfig({ 'script-url': url }), scriptSecrets };
      const { desired } = decide(observed({ settings, key: new Secret(key) }));
      const [primary] = desired?.images.values() ?? [];
      return primary?.image.scriptDigest;
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
    const clouds = (state: typeof desired) =>
      [...(state?.images.values() ?? [])].map(({ cloud }) => cloud.uploadClouds);
    expect([clouds(good), clouds(desired)]).toEqual([
      [[cloudOf(imageRelation()), cloudOf(gone)]],
      [[cloudOf(imageRelation())]],
    ]);
    expect(desired).toEqual({
      ...good,
      images: desired?.images,
      generation: 2,
      consumers: good?.consumers.slice(0, 1),
      published: [{ relationId: 3, imageIds: [], isConfirmed: true }],
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
    expect(writing.desired?.published).toEqual([{ relationId: 3, imageIds: ['n1'], isConfirmed: false }]);
    const settled = decide(after(first, writing));
    expect(settled.desired?.published).toEqual([{ relationId: 3, imageIds: ['n1'], isConfirmed: true }]);
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
    expect(desired?.published).toEqual([{ relationId: 3, imageIds: ['n1'], isConfirmed: false }]);
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
