import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { encodeHostSecrets } from '../../src/model/job/host-secrets.ts';
import { encodeJobArguments } from '../../src/model/job/job-arguments.ts';
import { type JobOrder, encodeJobOrder } from '../../src/model/job/job-order.ts';
import { expandRunConfigs } from '../../src/model/run-config.ts';
import { decodeListResult } from '../../src/model/result/program-result-list.ts';
import { OWNER_KEYS, encodeOwner } from '../../src/model/owner.ts';
import { Secret } from '../../src/model/secret.ts';
import { CONFIG, buildOrder, orderHead } from '../builder/support/jobs.ts';
import { useClouds } from '../image-builder/use-clouds.ts';
import { orderFor } from './ask.ts';
import { useProgram } from './run-program.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useClouds();
const program = useProgram(at);

const HEAD = orderHead({ id: 'j1' });
const PRUNE: JobOrder = {
  ...HEAD,
  ...{ kind: 'prune', imageName: 'img', cloudId: 'b', keepRevisions: 1 },
  ...{ protectedIds: [], deletableIds: undefined, publishedIds: [uuidOf('one')], isDryRun: false },
};
const OWNED = {
  ...encodeOwner({ application: 'app', modelUuid: 'model-1', unit: 'app/0', buildId: 'b' }),
  [OWNER_KEYS.kind]: 'runner',
};

beforeEach(() => program.writeClouds({ b: at.entry('b'), c: at.entry('c') }));

async function runOrder(order: JobOrder, argv = encodeJobArguments(order)) {
  await writeFile(join(program.folder, 'order.json'), encodeJobOrder(order));
  const host = { arch: 'x64', newBuildId: 'b1', readDescriptor: () => secretsText(1, '') };
  return program.run(argv, { host });
}

const secretsText = (generation: number, scriptUrl: string): string => {
  const none = new Secret('');
  return encodeHostSecrets({
    generation,
    scriptUrl: new Secret(scriptUrl),
    scriptSecrets: { TOKEN: new Secret('token-MARKED') },
    proxy: { http: none, https: none, noProxy: none },
    openstackCa: '',
    github: {},
  });
};

describe('job', () => {
  test('The command job runs the order in its working folder', async () => {
    at.b.add({ id: uuidOf('one'), name: 'img', created_at: '2026-01-01T00:00:00Z', ...OWNED });
    at.b.add({ id: uuidOf('two'), name: 'img', created_at: '2026-01-02T00:00:00Z', ...OWNED });
    at.b.add({ id: uuidOf('other'), name: 'img', created_at: '2025-01-02T00:00:00Z' });
    const ran = await runOrder(PRUNE);
    expect(ran.code).toBe(0);
    expect(ran.json()).toMatchObject({ cloud: 'b', image_name: 'img', marked: [uuidOf('one')] });
    expect((ran.json()['images'] as readonly object[]).length).toBe(2);
  });

  test('A list job lists the images of its owner and the active extra images', async () => {
    at.b.add({ id: uuidOf('ours'), ...OWNED });
    at.c.add({ id: uuidOf('theirs') });
    const extraImages = [{ cloudId: 'c', imageId: uuidOf('theirs') }];
    const ran = await runOrder({ ...HEAD, kind: 'list', cloudIds: ['b', 'c'], extraImages });
    expect(ran.code).toBe(0);
    expect(decodeListResult(ran.out)?.clouds).toMatchObject([
      { cloudId: 'b', images: [{ id: uuidOf('ours') }] },
      { cloudId: 'c', images: [], activeExtraIds: [uuidOf('theirs')] },
    ]);
  });

  test.each([
    ['another id', { id: 'j2' }],
    ['another owner', { owner: { ...HEAD.owner, unit: 'app/1' } }],
  ])('The command job refuses an order with %s than its command line', async (_what, change) => {
    const { code, json } = await runOrder({ ...PRUNE, ...change }, encodeJobArguments(PRUNE));
    expect(code).toBe(2);
    expect(json()).toMatchObject({
      error: { kind: 'input', message: expect.stringMatching('order.json: expected the job prune j1') },
    });
  });

  test('The command job without an order ends with 2 and writes JSON on both outputs', async () => {
    const { code, json, log } = await program.run(encodeJobArguments(PRUNE));
    expect(code).toBe(2);
    expect(json()).toMatchObject({ error: { kind: 'input' } });
    expect(log()).toMatchObject([{ level: 'error' }]);
  });

  test('The command job reports the problem of a damaged order', async () => {
    await writeFile(join(program.folder, 'order.json'), '{"kind": "prune", "format": 1}');
    const { code, err } = await program.run(encodeJobArguments(PRUNE));
    expect(code).toBe(2);
    expect(err).toMatch(/order\.json\.imageName: expected a non-empty string/);
  });
});

describe('the job of a build', () => {
  const build = buildOrder({ id: 'j1' });
  const read = (order: JobOrder, text: string) =>
    orderFor('build', encodeJobArguments(order), {
      scriptUrl: 'https://environment/s.sh',
      scriptSecrets: new Map([['OURS', new Secret('x')]]),
      readOrder: () => encodeJobOrder(order),
      readDescriptor: () => text,
    });

  test('A build job reads the secrets of its order from the descriptor', () => {
    const { order, secrets } = read(build, secretsText(1, 'https://x/s.sh'));
    expect(order).toEqual({ ...build, sshPort: 22 });
    expect(secrets.scriptUrl.reveal()).toBe('https://x/s.sh');
    expect([...secrets.scriptSecrets.keys()]).toEqual(['TOKEN']);
  });

  test('A build job runs no script when its order refers to none', () => {
    const imageConfig = { ...CONFIG.imageConfig, scriptUrl: '' } as const;
    const matrix = { bases: ['noble'], jujuChannels: [], microk8sChannels: [] } as const;
    const [entry = build.entry] = expandRunConfigs(matrix, { ...CONFIG, imageConfig });
    const order = { ...build, entry };
    expect(read(order, secretsText(1, 'https://x/s.sh')).secrets.scriptUrl.reveal()).toBe('');
  });

  test('A build job does not start with secrets of another generation', () => {
    expect(() => read(build, secretsText(2, 'https://x/s.sh'))).toThrow(/expected generation 1.*got 2/);
  });

  test('A build job refuses an invalid script URL and does not repeat it', () => {
    const error = thrownBy(() => read(build, secretsText(1, 'url-MARKED')));
    expect(error.message).toMatch('scriptUrl of secrets.json: expected a URL');
    expect(error.message).not.toMatch('MARKED');
  });

  test('A build job whose secrets changed after its order ends with 4, so that it is tried again', async () => {
    await writeFile(join(program.folder, 'order.json'), encodeJobOrder(build));
    const host = { arch: 'x64', newBuildId: 'b1', readDescriptor: () => secretsText(2, '') };
    const { code, json } = await program.run(encodeJobArguments(build), { host });
    expect(code).toBe(4);
    expect(json()).toMatchObject({ error: { kind: 'unavailable' } });
  });
});

function thrownBy(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('expected a failure');
}
