import { describe, expect, test } from '@jest/globals';
import { BuilderRunError } from '../../src/builder/errors.ts';
import { orderBuild } from '../../src/builder/jobs/run-job.ts';
import { run } from '../../src/builder/run.ts';
import type { JobOutcome } from '../../src/builder/tools.ts';
import type { CloudImage } from '../../src/model/unit/built.ts';
import { CancelledError } from '../../src/model/errors.ts';
import { parseJobOrder } from '../../src/model/job/job-order.ts';
import { type ConfigMatrix, expandRunConfigs } from '../../src/model/run-config.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { CONFIG, until, useJobs } from './support/jobs.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useJobs();

const MATRIX: ConfigMatrix = { bases: ['noble', 'jammy'], jujuChannels: [], microk8sChannels: [] };
const NOBLE = 'app-noble-x64';
const JAMMY = 'app-jammy-x64';

const effort = { attempts: 1, seconds: 1.5 };
const copied = (id: string) => ({
  result: {
    cloud: 'builder',
    image_id: uuidOf(id),
    images: [
      { cloud: 'a', image_id: uuidOf(`${id}-a`), outcome: 'copied', proven_by: 'hash', ...effort },
      { cloud: 'b', image_id: uuidOf(`${id}-b`), outcome: 'already there', proven_by: 'earlier', ...effort },
    ],
  },
});
const image = (base: CloudImage['base'], cloudId: string, imageId: string): CloudImage => ({
  arch: 'x64',
  base,
  cloudId,
  imageId,
  juju: '',
  microk8s: '',
});
const failure = (kind: string) => ({
  result: { error: { kind, message: `was ${kind}`, step: 's', leftovers: [] } },
  exitCode: 3,
});

describe('a run', () => {
  test('A run returns the clouds of each image in the order of the matrix', async () => {
    await at.script({ [`build ${NOBLE}`]: copied('n'), [`build ${JAMMY}`]: copied('j') });
    expect(await run(MATRIX, CONFIG, at.tools)).toEqual([
      [image('noble', 'a', uuidOf('n-a')), image('noble', 'b', uuidOf('n-b'))],
      [image('jammy', 'a', uuidOf('j-a')), image('jammy', 'b', uuidOf('j-b'))],
    ]);
  });

  test('A run without upload clouds returns the image in the build cloud', async () => {
    await at.script({ build: { result: { cloud: 'builder', image_id: uuidOf('i') } } });
    const config = { ...CONFIG, cloudConfig: { ...CONFIG.cloudConfig, uploadClouds: [] } };
    const matrix = { ...MATRIX, bases: ['noble'] } as const;
    expect(await run(matrix, config, at.tools)).toEqual([[image('noble', 'builder', uuidOf('i'))]]);
  });

  test.each([
    ['is not started when the secrets changed after the plan', 2, 0],
    ['is started when the secrets are those of the plan', 1, 1],
  ])('A build %s', async (_what, secretsGeneration, started) => {
    await at.script({ build: copied('n') });
    const outcomes: JobOutcome[] = [];
    const onImage = (_name: string, outcome: JobOutcome): void => void outcomes.push(outcome);
    const matrix = { ...MATRIX, bases: ['noble'] } as const;
    await run(matrix, CONFIG, { ...at.tools, secretsGeneration, onImage }).catch(() => undefined);
    expect(await at.calls()).toHaveLength(started);
    const refused = { state: 'failed', kind: 'unavailable', message: expect.stringMatching('generation 2') };
    expect(outcomes).toMatchObject([started === 0 ? refused : { state: 'done' }]);
  });

  test('A run reports each image immediately after its build', async () => {
    await at.script({
      [`build ${NOBLE}`]: { ...copied('n'), holdUntil: at.gate },
      [`build ${JAMMY}`]: copied('j'),
    });
    const ready: string[] = [];
    const onImage = (name: string): void => void ready.push(name);
    const results = run(MATRIX, CONFIG, { ...at.tools, onImage });
    await until(() => ready.length > 0);
    expect(ready).toEqual([JAMMY]);
    await at.release();
    expect(await results).toHaveLength(2);
    expect(ready).toEqual([JAMMY, NOBLE]);
  });

  test('A run starts at most maxParallel builds at a time, in the order of the matrix', async () => {
    await at.script({ build: { ...copied('i'), holdUntil: at.gate } });
    const results = run(MATRIX, CONFIG, { ...at.tools, maxParallel: 1 });
    const [first, ...others] = await at.waitForCalls(1);
    expect(first?.order).toMatchObject({ imageName: NOBLE });
    expect(others).toEqual([]);
    await at.release();
    await results;
    expect(await at.calls()).toHaveLength(2);
  });
});

test('The order of a build has the given run config, inputs, id and reason', async () => {
  await at.script({ build: copied('i') });
  const [entry] = expandRunConfigs({ ...MATRIX, bases: ['jammy'] }, CONFIG);
  if (entry === undefined) throw new Error('unreachable');
  const image = { entry, inputs: 'charm=1', cloudIds: ['a'], secretsGeneration: 1 };
  const options = { reason: 'requested', buildId: 'given' };
  expect(await orderBuild(image, options, at.tools)).toMatchObject({ state: 'done' });
  const [call] = await at.calls();
  expect(call?.args.slice(0, 3)).toEqual(['job', 'build', 'given']);
  expect(call?.order).toMatchObject({
    imageName: JAMMY,
    inputs: 'charm=1',
    cloudIds: ['a'],
    reason: 'requested',
  });
  expect(parseJobOrder(JSON.stringify(call?.order))).toMatchObject({ entry });
});

describe('a run with a failed image', () => {
  test('A run with a failed image throws the reason and the results of the other images', async () => {
    await at.script({ [`build ${NOBLE}`]: failure('denied'), [`build ${JAMMY}`]: copied('j') });
    const outcomes: JobOutcome[] = [];
    const onImage = (_name: string, outcome: JobOutcome): void => void outcomes.push(outcome);
    const error = await failureOf(run(MATRIX, CONFIG, { ...at.tools, onImage }));
    expect(error).toBeInstanceOf(BuilderRunError);
    expect(error).toMatchObject({
      kind: 'denied',
      message: `${NOBLE}: was denied`,
      results: [[], [image('jammy', 'a', uuidOf('j-a')), image('jammy', 'b', uuidOf('j-b'))]],
      causes: [{ imageName: NOBLE, error: { kind: 'denied', step: 's' } }],
    });
    expect(outcomes.map(({ state }) => state).sort()).toEqual(['done', 'failed']);
  });

  test('A run whose image failed in one cloud returns the image in the other clouds', async () => {
    const images = [
      { cloud: 'a', outcome: 'failed', kind: 'denied', reason: 'no', ...effort },
      { cloud: 'b', image_id: uuidOf('n-b'), outcome: 'copied', proven_by: 'hash', ...effort },
    ];
    const partial = { result: { ...failure('partial').result, image_id: uuidOf('n'), images }, exitCode: 6 };
    await at.script({ [`build ${NOBLE}`]: partial });
    const error = await failureOf(run({ ...MATRIX, bases: ['noble'] }, CONFIG, at.tools));
    expect(error).toMatchObject({ kind: 'partial', results: [[image('noble', 'b', uuidOf('n-b'))]] });
  });

  test('A run without secrets.json starts no build', async () => {
    const paths = { ...at.tools.paths, secrets: `${at.tools.paths.run}/gone` };
    const error = await failureOf(run(MATRIX, CONFIG, { ...at.tools, paths }));
    expect(error).toMatchObject({ kind: 'input', results: [[], []] });
    expect(error.message).toMatch(/expected the unit's secrets, got no file/);
    expect(await at.calls()).toEqual([]);
  });
});

test('The images with Juju and MicroK8s are built with the others, in the order of the matrix', async () => {
  await at.script({ build: copied('n') });
  const matrix: ConfigMatrix = {
    bases: ['noble'],
    jujuChannels: ['3.6/stable'],
    microk8sChannels: ['1.29-strict/stable'],
  };
  const results = await run(matrix, CONFIG, at.tools);
  expect(results.map(([first]) => [first?.juju, first?.microk8s])).toEqual([
    ['', ''],
    ['', '1.29-strict/stable'],
    ['3.6/stable', ''],
    ['3.6/stable', '1.29-strict/stable'],
  ]);
  const names = (await at.calls()).map(({ order }) => (order as { imageName: string }).imageName);
  expect(names.sort()).toEqual([
    NOBLE,
    `${NOBLE}-juju-3.6-stable`,
    `${NOBLE}-juju-3.6-stable-mk8s-1.29-strict-stable`,
    `${NOBLE}-mk8s-1.29-strict-stable`,
  ]);
});

test('A run that is stopped reports no image and does not stop the builds', async () => {
  await at.script({ build: { holdUntil: at.gate } });
  const stop = new AbortController();
  const onImage = (): void => expect('reported').toBe('not reported');
  const error = failureOf(run(MATRIX, CONFIG, { ...at.tools, signal: stop.signal, onImage, maxParallel: 1 }));
  await at.waitForCalls(1);
  stop.abort(new CancelledError('the daemon stops'));
  expect(await error).toBeInstanceOf(CancelledError);
  expect(await at.calls()).toHaveLength(1);
});
