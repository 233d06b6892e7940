import { beforeEach, describe, expect, test } from '@jest/globals';
import { type CharmFiles, parseCharm } from '../support/juju/charm/charm-files.ts';
import { readCharm } from '../support/juju/charm/charm-unzip.ts';
import { ERA_OPTIONS, type Era, pythonCharm } from '../support/juju/charm/python-charm.ts';
import { applyRefresh, checkRefresh } from '../support/juju/charm/refresh-rules.ts';
import { OperatorError, changeConfig, readConfig } from '../support/juju/model/config-values.ts';
import { type Model, createModel } from '../support/juju/model/model.ts';
import { addRelation } from '../support/juju/model/relations.ts';
import { CONFIG, MANIFEST, METADATA } from './sample-charm.ts';
import { takeRuns, useMachine } from './shell-charm.ts';

const OURS = 'dist/charm';

const ERAS = Object.keys(ERA_OPTIONS) as Era[];

const JUJUS = ['3.6.28', '4.0.15'];

let ours: CharmFiles;

beforeEach(async () => {
  ours = await readCharm(OURS);
});

/** Returns a unit of the Python charm that is related to a consumer and to a collector of logs and metrics. */
function pythonUnit(era: Era, jujuVersion = '3.6.28'): Model {
  const model = createModel({ charm: pythonCharm(era), base: 'ubuntu@22.04', jujuVersion, now: () => 1000 });
  addRelation(model, 'image', 'consumer');
  addRelation(model, 'cos-agent', 'grafana-agent');
  return model;
}

describe('a refresh from the Python charm', () => {
  test.each(ERAS.flatMap((era) => JUJUS.map((juju) => [era, juju] as const)))(
    'A refresh from the era %s to this charm is accepted by Juju %s',
    (era, juju) => {
      expect(() => checkRefresh(pythonUnit(era, juju), ours)).not.toThrow();
    },
  );

  test.each(ERAS)('No option of the era %s is lost, and every value stays', (era) => {
    const model = pythonUnit(era);
    const values = {
      string: 'text',
      int: 7,
      float: 1.5,
      boolean: true,
      secret: 'secret:d5zzzzzzzzzzzzzzzzzz',
    };
    const set = Object.fromEntries(
      Object.entries(ERA_OPTIONS[era]).map(([name, type]) => [name, values[type]]),
    );
    changeConfig(model, set);
    applyRefresh(model, ours);
    expect(readConfig(model)).toMatchObject(set);
  });

  test('A refresh to another base, an older Juju, another name and a changed interface is refused with all problems', () => {
    const model = { ...pythonUnit('matrix', '3.5.4'), base: 'ubuntu@20.04' };
    const endpoints = new Map([
      ['image', { name: 'image', role: 'provides', interface: 'other', scope: 'global' }],
    ]);
    const next = { ...ours, name: 'other', endpoints } as CharmFiles;
    expect(() => checkRefresh(model, next)).toThrow(
      'cannot refresh "github-runner-image-builder": the charm is github-runner-image-builder, got other; ' +
        'base "ubuntu@20.04" not supported by the charm, which supports ubuntu@22.04, ubuntu@24.04; ' +
        'Juju 3.5.4 does not meet assumes "juju >= 3.6"; would break relation "image:1 consumer"; ' +
        'would break relation "cos-agent:2 grafana-agent"',
    );
  });
});

describe("Juju's rules of a refresh", () => {
  const parse = (metadata: string, config: string): CharmFiles =>
    parseCharm({ metadata, config, manifest: MANIFEST });

  function check(metadata: string, config = CONFIG, jujuVersion = '3.6.28'): () => void {
    const model = createModel({
      charm: parse(METADATA, CONFIG),
      application: 'app',
      jujuVersion,
      now: () => 1000,
    });
    addRelation(model, 'image', 'consumer');
    return () => checkRefresh(model, parse(metadata, config));
  }

  test('The same charm, a removed endpoint that is not in use and a removed option are accepted', () => {
    expect(check(METADATA)).not.toThrow();
    expect(check(METADATA.replace(/requires:[^]*/, ''))).not.toThrow();
    expect(check(METADATA, CONFIG.replace(/ {2}count:.*\n/, ''))).not.toThrow();
  });

  test.each([
    ['name', METADATA.replace('name: sample', 'name: sampler'), CONFIG, 'the charm is sample, got sampler'],
    ['endpoint', METADATA.replace('image:', 'images:'), CONFIG, 'would break relation "image:1 consumer"'],
    [
      'interface',
      METADATA.replace('image_v0', 'image_v1'),
      CONFIG,
      'would break relation "image:1 consumer"',
    ],
    ['scope', METADATA.replace('image_v0', 'image_v0, scope: container'), CONFIG, 'would break relation'],
    ['role', METADATA.replace('provides', 'peers'), CONFIG, 'would break relation'],
    [
      'type of an option that is not set',
      METADATA,
      CONFIG.replace('ratio: { type: float }', 'ratio: { type: string }'),
      'option "ratio" changes its type from float to string',
    ],
  ])('Another %s is refused', (_, metadata, config, problem) => {
    expect(check(metadata, config)).toThrow(OperatorError);
    expect(check(metadata, config)).toThrow(problem);
  });

  test('An option that the next charm lacks is dropped and does not come back', () => {
    const model = createModel({ charm: parse(METADATA, CONFIG), now: () => 1000 });
    changeConfig(model, { count: 5, text: 'kept' });
    applyRefresh(model, parse(METADATA, CONFIG.replace(/ {2}count:.*\n/, '')));
    applyRefresh(model, parse(METADATA, CONFIG));
    expect(readConfig(model)).toMatchObject({ count: 3, text: 'kept' });
  });

  test.each([
    ['[juju >= 3.6]', '3.6.0', true],
    ['[juju >= 3.6]', '3.6-rc1', false],
    ['[juju >= 3.6]', '3.5.9', false],
    ['[juju >= 3.6, juju < 4]', '4.0.15', false],
    ['[{any-of: [k8s-api, juju >= 4.0]}]', '4.0.0', true],
    ['[{any-of: [k8s-api, juju >= 4.0]}]', '3.6.28', false],
    ['[{all-of: [juju >= 3.1.5, juju < 3.7]}]', '3.6.28', true],
    ['[k8s-api]', '3.6.28', false],
  ])('The condition assumes: %s on Juju %s is met: %s', (assumes, juju, isMet) => {
    const attempt = check(`${METADATA}assumes: ${assumes}\n`, CONFIG, juju);
    if (isMet) expect(attempt).not.toThrow();
    else expect(attempt).toThrow(`Juju ${juju} does not meet assumes`);
  });
});

describe('a refused refresh of a unit', () => {
  const shell = useMachine();

  test('A refused refresh changes no file and runs no hook', async () => {
    const agent = await shell.add({}, { base: 'ubuntu@22.04' });
    await agent.deploy();
    await takeRuns(agent);
    const next = await shell.pack({ 'config-changed': 'status-set active -- new' });
    await expect(agent.upgrade(next)).rejects.toThrow('base "ubuntu@22.04" not supported by the charm');
    await agent.setConfig({ count: 4 });
    expect(await takeRuns(agent)).toEqual(['config-changed']);
    expect(agent.status.message).not.toBe('new');
  });
});
