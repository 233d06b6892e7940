import { describe, expect, test } from '@jest/globals';
import { parseCommandLine } from '../../src/bin/image-builder/command-line.ts';
import { parseRequest } from '../../src/bin/image-builder/requests.ts';
import {
  renderBuild,
  renderCopy,
  renderList,
  renderPrepare,
  renderPrune,
} from '../../src/builder/command-lines.ts';
import { deriveRunConfigs } from '../../src/builder/run.ts';
import { encodeHostSecrets } from '../../src/model/host-secrets.ts';
import { Secret } from '../../src/model/secret.ts';
import { CONFIG } from './support/jobs.ts';

const owner = { application: 'app', modelUuid: 'm', unit: 'app/0', buildId: 'b1' };
const urls = { cloudImages: 'https://images', runnerReleases: 'https://runner' };
const inputs = { charm: '0.1.0', runner: 'latest', script: 'abc' };
const OWNER_JSON = '{"application":"app","model_uuid":"m","unit":"app/0","build_id":"b1"}';
const HOW = '--log-format json --format json';

describe('the command line', () => {
  test('of a build tells all that the image is made of, and no secret', () => {
    const imageConfig = {
      ...CONFIG.imageConfig,
      scriptUrl: new Secret('https://x/MARKED'),
      runnerVersion: '2.331.0',
    };
    const matrix = { bases: ['noble'], jujuChannels: [], microk8sChannels: [] } as const;
    const [config] = deriveRunConfigs(matrix, { ...CONFIG, imageConfig });
    if (config === undefined) throw new Error('unreachable');
    const ownerJson = OWNER_JSON.replace('}', ',"run_config":"charm=0.1.0 runner=latest script=abc"}');
    expect(renderBuild({ config, inputs, urls }, owner)).toEqual([
      ...['run', 'app-noble-x64', '--os-cloud', 'builder', '--owner', ownerJson, ...HOW.split(' ')],
      ...['--no-prune', '--base-image', 'noble', '--arch', 'x64', '--prefix', 'app', '--flavor', 'm1'],
      ...['--runner-version', '2.331.0', '--upload-clouds', 'a,b'],
      ...['--cloud-images-url', 'https://images', '--runner-releases-url', 'https://runner'],
      ...['--secrets-fd', '3'],
    ]);
  });

  test('of a preparation names the base', () => {
    expect(renderPrepare({ base: 'noble', config: CONFIG, urls }, owner).join(' ')).toBe(
      `init --os-cloud builder --owner ${OWNER_JSON} ${HOW} --base-image noble --arch x64 --prefix app --cloud-images-url https://images`,
    );
  });

  test('of a copy names the image and where it goes', () => {
    expect(renderCopy({ imageId: 'i', uploadTo: ['a', 'b'], config: CONFIG }, owner).join(' ')).toBe(
      `distribute i --os-cloud builder --owner ${OWNER_JSON} ${HOW} --upload-clouds a,b`,
    );
  });

  test('of a prune tells what is published, also when that is nothing', () => {
    const order = { imageName: 'img', cloudId: 'a', config: CONFIG };
    const start = ['prune', 'img', '--os-cloud', 'a', '--owner', OWNER_JSON, ...HOW.split(' ')];
    expect(renderPrune({ ...order, publishedIds: ['x', 'y'] }, owner)).toEqual([
      ...start,
      ...['--keep-revisions', '5', '--published', 'x,y'],
    ]);
    expect(renderPrune({ ...order, publishedIds: [] }, owner).slice(-2)).toEqual(['--published', '']);
  });

  test('of a look is no build', () => {
    expect(renderList({ cloudIds: ['a', 'b'], also: [], apiTimeoutS: 40 }, owner).join(' ')).toBe(
      `list --clouds a,b --owner ${OWNER_JSON.replace(',"build_id":"b1"', '')} ${HOW} --api-timeout 40`,
    );
  });
});

/** What the program makes of a command line; nothing may be left that it does not know. */
function understand(args: readonly string[]) {
  const told: string[] = [];
  const write = (text: string): void => void told.push(text);
  const none = new Secret('');
  const secrets = {
    generation: 1,
    scriptUrl: new Secret('https://x/script'),
    scriptSecrets: {},
    proxy: { http: none, https: none, noProxy: none },
  };
  const request = parseRequest(parseCommandLine(args, { out: write, err: write }, '0.1.0'), {
    arch: 'arm64',
    osCloud: undefined,
    scriptUrl: undefined,
    newBuildId: 'other',
    readDescriptor: () => encodeHostSecrets(secrets),
  });
  expect(told).toEqual([]);
  return request;
}

describe('the program understands', () => {
  const order = { imageName: 'img', cloudId: 'a', config: CONFIG };
  const common = { format: 'json', logFormat: 'json', isOwnerGiven: true };

  test('a build as it was meant', () => {
    const matrix = { bases: ['noble'], jujuChannels: [], microk8sChannels: [] } as const;
    const [config] = deriveRunConfigs(matrix, CONFIG);
    if (config === undefined) throw new Error('unreachable');
    expect(understand(renderBuild({ config, inputs, urls }, owner))).toMatchObject({
      ...common,
      command: 'run',
      cloudName: 'builder',
      owner: { ...owner, runConfig: 'charm=0.1.0 runner=latest script=abc' },
      cloud: { flavor: 'm1', network: '', prefix: 'app', uploadCloudNames: ['a', 'b'] },
      image: { name: 'app-noble-x64', base: 'noble', arch: 'x64', runnerVersion: '' },
    });
  });

  test('a preparation, a copy, a prune and a look as they were meant', () => {
    const prepared = understand(renderPrepare({ base: 'jammy', config: CONFIG, urls }, owner));
    expect(prepared).toMatchObject({
      ...common,
      command: 'init',
      bases: ['jammy'],
      arch: 'x64',
      prefix: 'app',
    });
    const copied = understand(renderCopy({ imageId: 'i', uploadTo: ['a', 'b'], config: CONFIG }, owner));
    expect(copied).toMatchObject({
      ...common,
      command: 'distribute',
      imageId: 'i',
      destinations: ['a', 'b'],
    });
    const also = [
      { cloudId: 'a', imageId: 'i1' },
      { cloudId: 'b', imageId: 'i2' },
    ];
    const looked = understand(renderList({ cloudIds: ['a', 'b'], also, apiTimeoutS: 40 }, owner));
    expect(looked).toMatchObject({
      ...common,
      command: 'list',
      cloudNames: ['a', 'b'],
      also: [
        { cloudName: 'a', imageId: 'i1' },
        { cloudName: 'b', imageId: 'i2' },
      ],
    });
  });

  test.each([
    ['some are', ['x', 'y']],
    ['none is', []],
  ])('which images are published when %s', (_what, publishedIds) => {
    const pruned = understand(renderPrune({ ...order, publishedIds }, owner));
    expect(pruned).toMatchObject({
      ...common,
      command: 'prune',
      cloudName: 'a',
      keepRevisions: 5,
      publishedIds,
    });
  });
});
