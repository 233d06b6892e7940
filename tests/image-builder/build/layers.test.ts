import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { HostSecrets } from '../../../src/model/job/host-secrets.ts';
import type { OrderOf } from '../../../src/model/job/job-order.ts';
import { toLayerConfig } from '../../../src/model/image/layers.ts';
import { type ImageConfig, expandRunConfigs } from '../../../src/model/run-config.ts';
import { Secret } from '../../../src/model/secret.ts';
import { orderHead } from '../../builder/support/jobs.ts';
import { type HttpCloud, startHttpCloud } from '../../support/http-cloud.ts';
import type { Guests } from '../../support/openstack/guest/guests.ts';
import { GUEST_FILES } from '../../support/openstack/guest/disk.ts';
import { type ProgramRun, imageIdOf, listLeaks, useEmulator } from '../../whole-path/program-on-emulator.ts';

const fixture = useEmulator();
/** A busy machine answers late by the clock of the test, which is fast. */
const TIMEOUTS = { apiTimeout: 600, fetchTimeout: 600 };
const LAYER = 'app-noble-x64.layer';
const IMAGE = 'app-noble-x64-juju-3-stable';
const SECRETS = [
  'script-path-MARKED',
  'script-token-MARKED',
  'log-MARKED',
  'PRIVATE KEY',
  'ssh-ed25519',
  'MARKER=',
];
let web: HttpCloud;

beforeEach(async () => {
  web = await startHttpCloud();
  web.on('GET /script-path-MARKED', { body: '#!/bin/sh\necho hello\n' });
});

afterEach(() => web.close());

function config(content?: ImageConfig['content']) {
  const { url } = fixture.mirror;
  const [entry] = expandRunConfigs(
    { bases: ['noble'], jujuChannels: [], microk8sChannels: [] },
    {
      cloudConfig: {
        ...{ buildCloud: 'builder', buildFlavor: 'lab.runner', buildNetwork: 'lab', floatingNetwork: '' },
        ...{ resourcePrefix: 'app', sshCidrs: [], uploadClouds: [], numRevisions: 2 },
      },
      imageConfig: {
        ...{ arch: 'x64', prefix: 'app', runnerVersion: '', baseReleases: new Map() },
        ...{ scriptUrl: 'secrets.json', scriptDigest: 'd', imageProperties: 'os_x=leaf' },
        ...(content === undefined ? {} : { content }),
      },
      serviceConfig: {
        ...{ dockerhubCache: '', proxy: '', cloudImagesUrl: url, runnerReleasesUrl: `${url}/releases` },
        sources: { aptMirror: '', npmRegistry: '', snapProxy: '', yqUrl: '' },
      },
    },
  );
  if (entry === undefined) throw new Error('expected a run config');
  return entry;
}

function guestsOf(): Guests {
  const { guests } = fixture.emulator.cloud('a').state;
  if (guests === undefined) throw new Error('expected a cloud with guests');
  return guests;
}

const head = (id: string) => orderHead({ id, sshPort: fixture.emulator.guestPort, timeouts: TIMEOUTS });

function secrets(): HostSecrets {
  const none = new Secret('');
  return {
    ...{ generation: 1, openstackCa: '', proxy: { http: none, https: none, noProxy: none } },
    scriptUrl: new Secret(`${web.origin}/script-path-MARKED`),
    github: {},
    scriptSecrets: { TOKEN: new Secret('script-token-MARKED') },
  };
}

function makeLayer(): Promise<ProgramRun> {
  const entry = toLayerConfig(config(), '');
  const order = { ...head('l1'), kind: 'layer', imageName: LAYER, entry, inputs: 'layer=k1' } as const;
  return fixture.runOrder({ ...order, layerId: undefined }, secrets());
}

function buildOn(layerId: string | undefined, change: Partial<OrderOf<'build'>> = {}): Promise<ProgramRun> {
  const order = {
    ...{ ...head('b1'), imageName: IMAGE, entry: config(), inputs: 'charm=1', layerId },
    kind: 'build',
    withinCloud: 'copy',
    ...{ cloudIds: [], keepRevisions: undefined, secretsGeneration: 1 },
  } as const;
  return fixture.runOrder({ ...order, ...change }, secrets());
}

/** Returns the parts that the servers of a job installed, in the order of the servers. */
function installedParts(): readonly (readonly string[])[] {
  return guestsOf().all.map(({ log }) =>
    log.flatMap(({ stdin }) => /^# installs the part (\S+)/.exec(stdin)?.[1] ?? []).toSorted(),
  );
}

/** Returns the properties of an image that decide what it contains. */
function contentOf(id: string): unknown {
  const { state } = fixture.emulator.cloud('a');
  const image = state.images.get(id);
  const keys = Object.keys(image ?? {}).filter((key) =>
    /^(image_builder_|os_x|architecture|visibility)/.test(key),
  );
  const own = ['image_builder_build_id', 'image_builder_process'];
  return Object.fromEntries(keys.filter((key) => !own.includes(key)).map((key) => [key, image?.[key]]));
}

function secretsIn(id: string): readonly string[] {
  const data = fixture.emulator.cloud('a').state.imageData.get(id);
  if (data === undefined) throw new Error(`expected the data of image ${id}`);
  return SECRETS.filter((secret) => data.includes(secret));
}

test('An image on a layer installs only what the layer lacks and equals one without a layer', async () => {
  const { state } = fixture.emulator.cloud('a');
  const guests = guestsOf();
  let planted = 0;
  guests.onCommand((guest, _command, stdin) => {
    if (!stdin.startsWith('# installs the part users') && !stdin.startsWith('# installs the part runner'))
      return;
    guest.disk.append(GUEST_FILES.log, 'log-MARKED');
    planted += 1;
    return undefined;
  });
  const layer = await makeLayer();
  expect(layer.code === 0 ? '' : layer.err).toBe('');
  const layerId = imageIdOf(layer.json);
  expect(contentOf(layerId)).toMatchObject({
    ...{ visibility: 'private', image_builder_kind: 'layer', image_builder_run_config: 'layer=k1' },
    ...{ image_builder_application: 'app', image_builder_image_name: LAYER },
  });
  expect(contentOf(layerId)).not.toHaveProperty('os_x');
  const layered = await buildOn(layerId);
  expect(layered.code === 0 ? '' : layered.err).toBe('');
  const alone = await buildOn(undefined, { id: 'b2' });
  const [inLayer = [], onLayer = [], all = []] = installedParts();
  expect(inLayer).not.toContain('runner');
  expect([...new Set([...inLayer, ...onLayer])].toSorted()).toEqual(all);
  expect(onLayer).toEqual([
    'aproxy',
    'apt',
    'docker',
    'hostname',
    'opentelemetry-collector',
    'runner',
    'yarn',
  ]);
  expect(layered.json).toMatchObject({ layer_id: layerId });
  expect(contentOf(imageIdOf(layered.json))).toEqual(contentOf(imageIdOf(alone.json)));
  expect(planted).toBeGreaterThan(2);
  expect([layerId, imageIdOf(layered.json)].flatMap(secretsIn)).toEqual([]);
  const firstGuest = guests.all[0]?.log.map(({ command, stdin }) => `${command}${stdin}`).join('\n') ?? '';
  expect(SECRETS.slice(0, 2).filter((secret) => firstGuest.includes(secret))).toEqual([]);

  const ids = { protectedIds: [], publishedIds: [], deletableIds: [layerId] };
  const prune = {
    ...head('p1'),
    kind: 'prune',
    imageName: LAYER,
    cloudId: 'builder',
    keepRevisions: 0,
  } as const;
  const pruned = await fixture.runOrder({ ...prune, ...ids, isDryRun: false }, secrets());
  expect(pruned.json).toMatchObject({ images: [{ id: layerId, outcome: 'deleted' }] });
  expect([...state.images.keys()]).not.toContain(layerId);
  expect([...state.images.keys()]).toContain(imageIdOf(layered.json));
  expect(listLeaks(fixture)).toEqual([]);
});

test('A build whose layer is gone fails before it creates anything and says what happens next', async () => {
  const { code, json } = await buildOn('00000000-0000-4000-8000-000000000000');
  expect(code).toBe(4);
  expect(json['error']).toMatchObject({
    ...{ kind: 'unavailable', type: 'LayerError', step: 'find layer' },
    message: expect.stringContaining(
      'is gone from the build cloud; the next attempt starts from the base image',
    ),
  });
  expect(guestsOf().all).toEqual([]);
});

test('A build does not start from an image of its application that is no layer', async () => {
  const imageId = imageIdOf((await buildOn(undefined)).json);
  const { json } = await buildOn(imageId, { id: 'b2' });
  expect(json['error']).toMatchObject({
    message: expect.stringContaining('is not a layer of this application'),
  });
});

test('A build does not start from a layer with other parts', async () => {
  const layerId = imageIdOf((await makeLayer()).json);
  const content = {
    aptPackages: '',
    leftOutParts: 'yq',
    dockerMirror: '',
    keptProxy: '',
    bootstrap: 'boot' as const,
  };
  const { json } = await buildOn(layerId, { entry: config(content) });
  expect(json['error']).toMatchObject({ message: expect.stringContaining('was made with other parts') });
});
