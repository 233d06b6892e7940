import { describe, expect, test } from '@jest/globals';
import {
  renderBuild,
  renderCopy,
  renderList,
  renderPrepare,
  renderPrune,
} from '../../src/builder/command-lines.ts';
import { deriveRunConfigs } from '../../src/builder/run.ts';
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
    expect(renderList(['a', 'b'], owner).join(' ')).toBe(
      `list --clouds a,b --owner ${OWNER_JSON.replace(',"build_id":"b1"', '')} ${HOW}`,
    );
  });
});
