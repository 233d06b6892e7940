import { DEFAULT_CONTENT, DEFAULT_SOURCES } from '../../../src/model/guest/guest-options.ts';
import { describe, expect, test } from '@jest/globals';
import {
  buildInputsOf,
  describeInputChanges,
  encodeBuildInputs,
} from '../../../src/model/image/build-inputs.ts';
import {
  type DesiredState,
  buildCloudOf,
  encodeDesiredState,
  numRevisionsOf,
  parseDesiredState,
  uploadCloudsOf,
} from '../../../src/model/unit/desired-state.ts';
import { InputError } from '../../../src/model/errors.ts';
import { ImageConfig } from '../../../src/model/run-config.ts';
import { NO_STEERING } from '../../../src/model/unit/steering.ts';
import { FORMAT_1 } from '../../support/desired-format-1.ts';
import { uuidOf } from '../../support/uuid-of.ts';

type Json = Readonly<Record<string, unknown>>;

const NOBLE = 'app-noble-x64';
const JAMMY = 'app-jammy-x64';
const image = {
  ...{ arch: 'x64', base: 'noble', juju: '', microk8s: '', prefix: 'app', runnerVersion: '2.331.0' },
  ...{ baseRelease: '', imageProperties: '', scriptUrl: 'secrets.json', scriptDigest: '0123456789abcdef' },
  content: DEFAULT_CONTENT,
};
const cloud = {
  ...{
    buildCloud: 'builder',
    buildFlavor: 'Big',
    buildNetwork: 'Net',
    floatingNetwork: '',
    sshCidrs: [],
    resourcePrefix: 'app',
  },
  ...{ uploadClouds: ['red'], numRevisions: 4 },
};
const externalService = {
  ...{ dockerhubCache: '', proxy: '' },
  ...{ cloudImagesUrl: 'https://images', runnerReleasesUrl: 'https://runners' },
  sources: DEFAULT_SOURCES,
};
const noble = { image, cloud, externalService };
const jammy = { ...noble, image: { ...image, base: 'jammy' } };
const { unit, application, modelUuid, role, consumers, requests } = FORMAT_1;
const published = [{ relationId: 1, imageIds: [uuidOf('n1'), uuidOf('j1')], isConfirmed: true }];
const FORMAT_2 = {
  ...{ format: 2, generation: 7, credentialsGeneration: 3, unit, application, modelUuid, role },
  images: { [NOBLE]: noble, [JAMMY]: jammy },
  ...{
    project: 'https://keystone default/images',
    maxParallel: 3,
    maxObservations: 4,
    metricsPort: 19_810,
    pagePort: 0,
    consumers,
    published,
    requests,
    steering: NO_STEERING,
    jobRequests: [],
    otherUnits: [],
    formerImages: [],
  },
};

const parse = (json: Json): DesiredState => parseDesiredState(JSON.stringify(json));
const jsonOf = (state: DesiredState): unknown => JSON.parse(encodeDesiredState(state));

function problemsOf(json: Json): readonly string[] {
  try {
    parse(json);
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems;
  }
}

describe('desired.json of format 2', () => {
  test('The text of a desired state is read back as the same state', () => {
    const state = parse(FORMAT_2);
    expect(jsonOf(state)).toEqual(FORMAT_2);
    expect(encodeDesiredState(parseDesiredState(encodeDesiredState(state)))).toBe(encodeDesiredState(state));
  });

  test('An id of a publication that is no UUID is left out, since no cloud has an image with it', () => {
    const source = { imageId: uuidOf('s1'), createdAt: '' };
    const sources = [uuidOf('n1'), '../x'].map((imageId) => ({ imageName: NOBLE, imageId, source }));
    const imageIds = ['', ' ', 'n1', '../x', 'x'.repeat(150_000), uuidOf('n1')];
    const read = parse({ ...FORMAT_2, published: [{ relationId: 1, imageIds, isConfirmed: true, sources }] });
    expect(read.published).toEqual([
      { relationId: 1, imageIds: [uuidOf('n1')], isConfirmed: true, sources: sources.slice(0, 1) },
    ]);
  });

  test('A state whose relations are not known yet is read back without publications', () => {
    const state = parse({ ...FORMAT_2, published: undefined });
    expect(state.published).toBeUndefined();
    expect(jsonOf(state)).not.toHaveProperty('published');
  });

  test('Images keep their order, and the first is the primary image', () => {
    const turned = { ...FORMAT_2, images: { [JAMMY]: jammy, [NOBLE]: noble } };
    expect([...parse(FORMAT_2).images.keys()]).toEqual([NOBLE, JAMMY]);
    expect([...parse(turned).images.keys()]).toEqual([JAMMY, NOBLE]);
    expect(encodeDesiredState(parse(turned))).not.toBe(encodeDesiredState(parse(FORMAT_2)));
  });

  test('The order of all other keys does not change the text', () => {
    const turn = (json: Json): Json => Object.fromEntries(Object.entries(json).toReversed());
    const images = { [NOBLE]: turn({ ...noble, image: turn(image), cloud: turn(cloud) }), [JAMMY]: jammy };
    expect(encodeDesiredState(parse(turn({ ...FORMAT_2, images })))).toBe(
      encodeDesiredState(parse(FORMAT_2)),
    );
  });

  test('Readers get the clouds and the number of revisions from the run configs', () => {
    const state = parse({
      ...FORMAT_2,
      images: {
        [NOBLE]: noble,
        [JAMMY]: { ...jammy, cloud: { ...cloud, uploadClouds: ['red', 'blue'], numRevisions: 9 } },
      },
    });
    expect([buildCloudOf(state), uploadCloudsOf(state)]).toEqual(['builder', ['red', 'blue']]);
    expect([NOBLE, JAMMY, 'app-focal-x64'].map((name) => numRevisionsOf(state, name))).toEqual([4, 9, 4]);
  });

  test.each<[string, Json, readonly RegExp[]]>([
    ['no image', { images: {} }, [/^desired\.json\.images: expected at least one image, got none$/]],
    ['a list of images', { images: [noble] }, [/^desired\.json\.images: expected a mapping, got a list$/]],
    [
      'an image under the name of another image',
      { images: { [JAMMY]: noble } },
      [/^desired\.json\.images\.app-jammy-x64: expected the key app-noble-x64/],
    ],
    [
      'images on two build clouds',
      { images: { [NOBLE]: noble, [JAMMY]: { ...jammy, cloud: { ...cloud, buildCloud: 'other' } } } },
      [/^desired\.json\.images\.app-jammy-x64\.cloud\.buildCloud: expected builder, .*got other$/],
    ],
    [
      'the URL of a script',
      { images: { [NOBLE]: { ...noble, image: { ...image, scriptUrl: 'https://e/s' } } } },
      [/^desired\.json\.images\.app-noble-x64\.image\.scriptUrl: expected one of , secrets\.json/],
    ],
    ['an unknown format', { format: 3 }, [/^desired\.json\.format: expected one of 2/]],
    [
      'problems in several places',
      {
        maxParallel: 'many',
        images: {
          [NOBLE]: { ...noble, cloud: { ...cloud, numRevisions: '4' } },
          [JAMMY]: { ...jammy, image: { ...image, base: 'dingo' } },
          other: jammy,
        },
      },
      [
        /images\.app-noble-x64\.cloud\.numRevisions/,
        /images\.app-jammy-x64\.image\.base/,
        /images\.other: expected the key app-jammy-x64/,
        /maxParallel/,
      ],
    ],
  ])('A desired.json with %s is refused with all its problems', (_what, change, problems) => {
    const found = problemsOf({ ...FORMAT_2, ...change });
    expect(found).toEqual(problems.map((problem) => expect.stringMatching(problem)));
  });
});

describe('desired.json of format 1, which 0.1.0 wrote', () => {
  test('A file of format 1 gives the run configs of its matrix, and its other values stay the same', () => {
    expect(jsonOf(parse(FORMAT_1))).toEqual(FORMAT_2);
    expect([...parse(FORMAT_1).images.keys()]).toEqual([NOBLE, JAMMY]);
  });

  test('The inputs of images of format 1 have the text that 0.1.0 wrote on the images', () => {
    const [primary] = parse(FORMAT_1).images.values();
    const text = primary && encodeBuildInputs(buildInputsOf(primary, '0.1.0'));
    expect(text).toBe('charm=0.1.0 runner=2.331.0 script=0123456789abcdef');
    const plain = { ...FORMAT_1.images, runnerVersion: '', scriptDigest: '' };
    const [bare] = parse({ ...FORMAT_1, images: plain }).images.values();
    expect(bare && encodeBuildInputs(buildInputsOf(bare, '0.1.0'))).toBe(
      'charm=0.1.0 runner=latest script=none',
    );
    expect(bare?.image.scriptUrl).toBe('');
  });

  test('The properties of images are one of their inputs, and a change names both lists', () => {
    const [primary] = parse(FORMAT_1).images.values();
    if (primary === undefined) throw new Error('expected an image');
    const image = new ImageConfig(
      Object.assign({}, primary.image, { imageProperties: 'hw_disk_bus=scsi,os_x=1' }),
    );
    const [before, after] = [primary, { ...primary, image }].map((config) =>
      encodeBuildInputs(buildInputsOf(config, '0.1.0')),
    );
    expect(after).toBe(`${before} properties=hw_disk_bus=scsi,os_x=1`);
    expect(describeInputChanges(before ?? '', after ?? '')).toBe('properties none → hw_disk_bus=scsi,os_x=1');
  });

  test('Each consumer cloud is an upload cloud once, and the build cloud is none', () => {
    const several = ['red', 'builder', 'blue', 'red'].map((cloudId, relationId) => ({
      ...{ relationId, unit: `u${relationId}/0`, cloudId },
    }));
    expect(uploadCloudsOf(parse({ ...FORMAT_1, consumers: several }))).toEqual(['red', 'blue']);
  });

  test('A unit without a role, as early versions wrote it, works', () => {
    expect(parse({ ...FORMAT_1, role: undefined }).role).toBe('works');
  });

  test('All problems of a file of format 1 are reported at once', () => {
    const broken = {
      ...FORMAT_1,
      generation: 'x',
      images: { ...FORMAT_1.images, bases: [] },
      build: { ...FORMAT_1.build, maxParallel: undefined },
    };
    expect(problemsOf(broken)).toEqual([
      expect.stringMatching(/^desired\.json\.generation: /),
      expect.stringMatching(/^desired\.json\.images\.bases: expected at least one base, got none$/),
      expect.stringMatching(/^desired\.json\.build\.maxParallel: /),
    ]);
  });
});
