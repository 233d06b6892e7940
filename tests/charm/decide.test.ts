import { DEFAULT_CONTENT, DEFAULT_SOURCES } from '../../src/model/guest/guest-options.ts';
import { describe, expect, test } from '@jest/globals';
import { decide } from '../../src/charm/decide.ts';
import { encodeDesiredState, parseDesiredState } from '../../src/model/unit/desired-state.ts';
import { Secret } from '../../src/model/secret.ts';
import { NO_STEERING } from '../../src/model/unit/steering.ts';
import { FORMAT_1, formerPublications } from '../support/desired-format-1.ts';
import { BROKEN, SETTINGS, after } from './support/dispatches.ts';
import { built, cloudOf, imageRelation, observed, remoteUnit, report } from './support/facts.ts';
import { charmConfig } from './support/options.ts';
import { uuidOf } from '../support/uuid-of.ts';

/** The desired state that 0.1.0 wrote for the options of these tests. */
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
  test('The desired state is derived from options, secrets and consumers', () => {
    const config = charmConfig({
      'base-image': 'jammy,noble',
      'build-flavor': 'Big',
      'build-network': 'Net',
      'builder-ssh-cidr': '192.0.2.0/24, 10.0.0.4/32',
      'runner-version': '2.331.0',
      'revision-history-limit': 7,
      'max-parallel-builds': 3,
      'max-parallel-observations': 8,
    });
    const facts = observed({ settings: { ...SETTINGS, config } });
    const { desired } = decide(facts);
    const [relation] = facts.relations;
    const cloudId = relation === undefined ? '' : cloudOf(relation);
    const image = {
      arch: 'x64',
      baseRelease: '',
      imageProperties: '',
      juju: '',
      microk8s: '',
      prefix: 'app',
      runnerVersion: '2.331.0',
      scriptUrl: '',
      scriptDigest: '',
      content: DEFAULT_CONTENT,
    };
    const cloud = {
      buildCloud: 'builder',
      buildFlavor: 'Big',
      buildNetwork: 'Net',
      floatingNetwork: '',
      sshCidrs: ['192.0.2.0/24', '10.0.0.4/32'],
      resourcePrefix: 'app',
      uploadClouds: [cloudId],
      numRevisions: 7,
    };
    const externalService = {
      dockerhubCache: '',
      sources: DEFAULT_SOURCES,
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
      maxObservations: 8,
      metricsPort: 19_810,
      pagePort: 0,
      consumers: [{ relationId: 3, unit: 'consumer/0', cloudId }],
      published: [{ relationId: 3, imageIds: [], isConfirmed: true }],
      requests: [],
      steering: NO_STEERING,
      jobRequests: [],
      otherUnits: [],
      formerImages: [],
    });
  });

  test('The first base of the option makes the primary image, which comes first in desired.json', () => {
    const first = observed({
      settings: { ...SETTINGS, config: charmConfig({ 'base-image': 'noble,jammy' }) },
    });
    const reordered = {
      ...after(first, decide(first)),
      settings: { ...SETTINGS, config: charmConfig({ 'base-image': 'jammy,noble' }) },
    };
    const { desired, shouldWriteDesired } = decide(reordered);
    expect([...(desired?.images.keys() ?? [])]).toEqual(['app-jammy-x64', 'app-noble-x64']);
    expect({ shouldWriteDesired, generation: desired?.generation }).toEqual({
      shouldWriteDesired: true,
      generation: 2,
    });
  });

  test('A proxy that stays in the images is identified by a digest, so that another one is a reason to build', () => {
    const none = new Secret('');
    const keptBy = (isKept: boolean, http: string) => {
      const config = charmConfig({ 'runner-proxy': isKept });
      const proxy = { http: new Secret(http), https: none, noProxy: none };
      const { desired } = decide(observed({ settings: { ...SETTINGS, config }, proxy }));
      return [...(desired?.images.values() ?? [])][0]?.image.content.keptProxy;
    };
    expect(keptBy(true, 'http://p:1')).toMatch(/^[0-9a-f]{16}$/);
    expect(keptBy(true, 'http://p:1')).not.toBe(keptBy(true, 'http://p:2'));
    expect([keptBy(false, 'http://p:1'), keptBy(true, '')]).toEqual(['', '']);
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

  test('The desired state is written with a new generation only when something changes', () => {
    const first = observed();
    const second = after(first, decide(first));
    expect(decide(second)).toMatchObject({ shouldWriteDesired: false, credentials: { shouldWrite: false } });
    const changed = {
      ...second,
      settings: { ...SETTINGS, config: charmConfig({ 'runner-version': '2.331.0' }) },
    };
    expect(decide(changed)).toMatchObject({
      shouldWriteDesired: true,
      desired: { generation: 2, credentialsGeneration: 1 },
    });
  });

  test('A desired state of 0.1.0 keeps its generation, requests and publications', () => {
    const relation = imageRelation();
    const first = observed({ relations: [relation], egressSubnets: [] });
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
    const { desired, shouldWriteDesired } = decide(upgraded);
    expect({ shouldWriteDesired, requests: desired?.requests }).toEqual({
      shouldWriteDesired: false, // the daemon reads both formats, so no new generation is needed
      requests: FORMAT_1.requests,
    });
    const changed = {
      ...upgraded,
      settings: { ...SETTINGS, config: charmConfig({ 'runner-version': '2.331.0' }) },
    };
    expect(decide(changed)).toMatchObject({
      shouldWriteDesired: true,
      desired: { format: 2, generation: FORMAT_1.generation + 1, requests: FORMAT_1.requests },
    });
  });

  test('A lost desired state gets a generation higher than any that the scheduler knows', () => {
    const facts = observed({ built: built({ desiredGeneration: 41 }) });
    expect(decide(facts).desired?.generation).toBe(42);
  });

  test('The script digest changes exactly when the script URL, a script secret or the key changes', () => {
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

  test('The last desired state stays in force for the remaining consumers while options are invalid', () => {
    const removed = imageRelation({ id: 4, units: [remoteUnit('other/0')] });
    const first = observed({ relations: [imageRelation(), removed] });
    const { desired: good } = decide(first);
    const second = { ...after(first, decide(first)), ...BROKEN, relations: [imageRelation()] };
    const { desired, credentials, status } = decide(second);
    const clouds = (state: typeof desired) =>
      [...(state?.images.values() ?? [])].map(({ cloud }) => cloud.uploadClouds);
    expect([clouds(good), clouds(desired)]).toEqual([
      [[cloudOf(imageRelation()), cloudOf(removed)]],
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

  test('There is no desired state before options have been valid once', () => {
    expect(decide(observed(BROKEN))).toMatchObject({ desired: undefined, shouldWriteDesired: false });
  });
});

describe('relation data', () => {
  const relation = imageRelation();
  const reported = built({ clouds: [report(cloudOf(relation), { noble: uuidOf('n1') })] });

  test('An image id is passed to the scheduler before it is published, and confirmed once it was read back', () => {
    const first = observed({ built: reported });
    const writing = decide(first);
    expect(writing.desired?.published).toEqual([
      { relationId: 3, imageIds: [uuidOf('n1')], isConfirmed: false },
    ]);
    const confirmed = decide(after(first, writing));
    expect(confirmed.desired?.published).toEqual([
      { relationId: 3, imageIds: [uuidOf('n1')], isConfirmed: true },
    ]);
    expect(confirmed.databags[0]?.changes).toEqual({});
  });

  test('Relation data that a failed hook lost is written again', () => {
    const first = observed({ built: reported });
    const dropped = { ...after(first, decide(first)), relations: first.relations };
    expect(decide(dropped).databags[0]?.changes['id']).toBe(uuidOf('n1'));
    expect(decide(dropped).shouldWriteDesired).toBe(false);
  });

  test('Relation data is updated while options are invalid', () => {
    const first = observed();
    const second = { ...after(first, decide(first)), ...BROKEN, built: reported };
    const { databags, desired } = decide(second);
    expect(databags[0]?.changes['id']).toBe(uuidOf('n1'));
    expect(desired?.published).toEqual([{ relationId: 3, imageIds: [uuidOf('n1')], isConfirmed: false }]);
  });

  test('The desired state lists the publications of every relation, even of one without credentials', () => {
    const waiting = imageRelation({ id: 9, units: [], databag: { id: uuidOf('old') } });
    const { desired } = decide(observed({ relations: [relation, waiting], built: reported }));
    expect(desired?.published?.map(({ relationId, imageIds }) => [relationId, imageIds])).toEqual([
      [3, [uuidOf('n1')]],
      [9, [uuidOf('old')]],
    ]);
  });

  test('The status names a relation without an image while others have one', () => {
    const late = imageRelation({ id: 9, application: 'late', units: [remoteUnit('late/0')] });
    const { status } = decide(observed({ relations: [relation, late], built: reported }));
    expect(status).toEqual({ name: 'active', message: 'next build 14:00Z; no image yet for late' });
  });
});
