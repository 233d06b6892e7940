import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { CLEAN_UP_COMMAND } from '../../src/guest/clean-up.ts';
import { listGuestParts } from '../../src/guest/parts.ts';
import { run } from '../../src/image-builder/openstack-builder.ts';
import { StepFailedError } from '../../src/image-builder/steps.ts';
import type { Context } from '../../src/image-builder/context.ts';
import { CancelledError, CloudsYAMLError, InputError, ProductError } from '../../src/model/errors.ts';
import { QCOW2_MAGIC } from '../../src/model/disk-format.ts';
import type { SshCommand, SshSession } from '../../src/system/ssh/ssh.ts';
import { failureOf, useHttpCloud } from '../support/cloud-fixture.ts';
import { OWNER, type TestTools, useTestTools } from './make-test-tools.ts';
import { type Fault, type ScriptedOpenStack, scriptOpenStack } from './scripted-openstack.ts';

const at = useHttpCloud();
const makeTools = useTestTools(at);
const DATA = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(1000, 7)]);
const SUM = createHash('sha256').update(DATA).digest('hex');
const RUNNER = 'actions-runner-linux-x64-2.331.0.tar.gz';
const CLOUD = {
  cloudName: 'c1',
  dockerhubCache: undefined,
  flavor: '',
  network: '',
  prefix: 'p',
  proxy: '',
  uploadCloudNames: [],
};
const IMAGE = {
  arch: 'x64',
  base: 'noble',
  juju: '',
  microk8s: '',
  runnerVersion: '2.331.0',
  scriptUrl: '',
  name: 'n',
} as const;

let cloud: ScriptedOpenStack;
let said: string[];

beforeEach(() => {
  cloud = scriptOpenStack(at.http, OWNER.buildId);
  said = [];
  cloud.glance.add({ id: 'last-good', name: 'n', image_builder_kind: 'runner' });
  at.http.on('GET /ubuntu/noble/current/SHA256SUMS', {
    body: `${SUM} *noble-server-cloudimg-amd64.img\n`,
  });
  at.http.on('GET /ubuntu/noble/current/noble-server-cloudimg-amd64.img', {
    headers: { 'content-length': String(DATA.length) },
    body: DATA,
  });
  at.http.on(`GET /releases/download/v2.331.0/${RUNNER}.sha256`, { body: SUM });
  at.http.on('GET /script', { body: '#!/bin/sh\n' });
});

/** A guest that is all well, unless `answer` says otherwise for a command. */
function sessionOf(answer: (command: SshCommand) => string | undefined = () => undefined): SshSession {
  const runner = { version: '2.331.0', url: '', sha256: '' };
  const checks = listGuestParts({ runner }).map(({ name }) => `ok ${name}\n`);
  const say = ({ command, stdin }: SshCommand): string => {
    if (command.startsWith('cloud-init status')) return 'status: done\n';
    if (command.includes('/parts')) return 'hostname 1\nrunner 7\n';
    if (command === CLEAN_UP_COMMAND && String(stdin).includes('clean-up done')) return 'clean-up done\n';
    return `${checks.join('')}end of checks\n`;
  };
  return {
    run: (command) => {
      const stdout = answer(command) ?? say(command);
      said.push(command.command);
      return Promise.resolve({ exitCode: stdout === 'exit 1' ? 1 : 0, stdout, stderr: '' });
    },
    close: () => said.push('closed'),
  };
}

const build = (tools: Context, image: Partial<typeof IMAGE & { scriptUrl: string }> = {}) =>
  run(CLOUD, { ...IMAGE, ...image }, 5, tools);
const builder = (change: Partial<Context> = {}): TestTools =>
  makeTools({ connectSsh: () => Promise.resolve(sessionOf()), ...change });

/** What a build has left in the cloud, the images that are good excepted. */
function leftInCloud(): readonly string[] {
  const images = [...cloud.glance.images.values()].filter(
    ({ name, status }) => name?.includes('.building-') === true || status !== 'active',
  );
  return [...cloud.servers.keys(), ...cloud.keypairs.keys(), ...images.map(({ id }) => id)];
}

describe('a build', () => {
  test('makes an image, gives its id, and leaves nothing else', async () => {
    const { tools, warnings, facts } = builder();
    expect(await build(tools)).toBe('snapshot');
    expect(cloud.glance.images.get('snapshot')).toMatchObject({
      name: 'n',
      architecture: 'x86_64',
      image_builder_application: 'builder',
      image_builder_kind: 'runner',
      image_builder_build_id: 'b1',
    });
    expect([leftInCloud(), warnings]).toEqual([[], []]);
    expect(said.at(-1)).toBe('closed');
    expect(facts()).toMatchObject({ runnerVersion: '2.331.0', serverId: 's1', baseSha256: SUM, swept: [] });
  });

  test('writes on the image what its owner says that it is made from, and on nothing else', async () => {
    const runConfig = 'charm=1 runner=latest script=none';
    await build(builder({ owner: { ...OWNER, runConfig } }).tools);
    expect(cloud.glance.images.get('snapshot')).toMatchObject({ image_builder_run_config: runConfig });
    const [base] = at.http.requests('POST /v2/images').map(({ body }) => body.toString());
    const [server] = at.http.requests('POST /v2.1/servers').map(({ body }) => body.toString());
    expect(`${base ?? '?'}${server ?? '?'}`).not.toMatch('run_config');
  });

  test.each([
    ['a consumer’s, ordered by a unit, fails alone and the image is built', 'app/0', 'partial', true],
    ['by hand is refused before anything is made', '', 'input', false],
  ])('for a cloud that clouds.yaml has not: %s', async (_what, unit, kind, isBuilt) => {
    const owner = { ...OWNER, unit };
    const headers = { 'content-length': String(DATA.length) };
    at.http.on('GET /v2/images/snapshot', () => ({
      body: { ...cloud.glance.images.get('snapshot'), size: DATA.length },
    }));
    at.http.on('GET /v2/images/snapshot/file', { headers, body: DATA });
    const connect = (name: string): Promise<typeof at.connection> =>
      name === 'left' ? Promise.reject(new CloudsYAMLError(['got left'])) : Promise.resolve(at.connection);
    const { tools, facts } = builder({ owner, ownerFilter: owner, connect });
    const work = run({ ...CLOUD, uploadCloudNames: ['left'] }, IMAGE, undefined, tools);
    expect(await failureOf(work)).toMatchObject({ kind });
    expect(cloud.glance.images.has('snapshot')).toBe(isBuilt);
    const failed = { cloud: 'left', outcome: 'failed', kind: 'input' };
    expect(facts().images ?? []).toMatchObject(isBuilt ? [failed] : []);
  });

  test('prunes nothing when it is told of no revisions to keep', async () => {
    cloud.glance.add({ id: 'older', name: 'n', image_builder_kind: 'runner' });
    const { tools, facts } = builder();
    await run(CLOUD, IMAGE, undefined, tools);
    expect([...cloud.glance.images.values()].filter(({ name }) => name === 'n')).toHaveLength(3);
    expect(facts().pruned).toBeUndefined();
  });

  test('refuses what comes later, all of it at once, before it calls anything', async () => {
    const refused = failureOf(
      run(
        { ...CLOUD, proxy: 'p:1', dockerhubCache: new URL('https://d') },
        { ...IMAGE, juju: '3.6', microk8s: '1.31' },
        5,
        builder().tools,
      ),
    );
    await expect(refused).resolves.toBeInstanceOf(InputError);
    expect((await refused).message.split('\n')).toHaveLength(4);
    expect(cloud.calls).toEqual([]);
  });

  test('whose script fails tells its last lines, leaves nothing and keeps the last good image', async () => {
    const session = sessionOf(({ command }) => (command.includes('eval') ? 'exit 1' : undefined));
    const { tools } = builder({ connectSsh: () => Promise.resolve(session) });
    const error = await failureOf(build(tools, { scriptUrl: `${at.http.origin}/script` } as object));
    expect(error).toMatchObject({ kind: 'build', step: 'run external script', leftovers: [] });
    expect(leftInCloud()).toEqual([]);
    expect(cloud.glance.images.has('last-good')).toBe(true);
  });

  test('is told by the step that failed, also by that of a function that it calls', async () => {
    cloud.fault = (nth) =>
      cloud.calls[nth - 1] === 'PATCH /v2/images/snapshot' ? { instead: { status: 400 } } : undefined;
    const error = await failureOf(build(builder().tools));
    expect(error).toMatchObject({ step: 'name image', kind: 'denied' });
    expect(leftInCloud()).toEqual([]);
  });
});

const CLAIM = 'POST /v2/images';
const NAMING = 'PATCH /v2/images/snapshot';

/** Builds once without a fault, to learn which calls there are. */
async function countCalls(): Promise<readonly string[]> {
  await build(builder().tools);
  return [...cloud.calls];
}

function startAnew(): void {
  cloud.servers.clear();
  cloud.keypairs.clear();
  cloud.glance.images.clear();
  (cloud.calls as string[]).length = 0;
  cloud = scriptOpenStack(at.http, OWNER.buildId);
  cloud.glance.add({ id: 'last-good', name: 'n', image_builder_kind: 'runner' });
}

/** Builds with a fault at the nth call; what is left must have been told. */
async function buildWithFault(n: number, fault: Fault): Promise<void> {
  startAnew();
  cloud.fault = (nth) => (nth === n ? fault : undefined);
  const { tools, warnings } = builder();
  const outcome: unknown = await build(tools).catch((error: unknown) => error);
  const where = `call ${n}, ${cloud.calls[n - 1] ?? 'none'}: ${String(outcome)}`;
  const told = [...warnings, ...(outcome instanceof StepFailedError ? outcome.leftovers : [])];
  const left = leftInCloud();
  expect([where, outcome === 'snapshot' || outcome instanceof ProductError]).toEqual([where, true]);
  expect([where, left.length > 0 && told.length === 0 ? left : []]).toEqual([where, []]);
  expect([where, cloud.glance.images.has('last-good')]).toEqual([where, true]);
  const isNamed = cloud.glance.images.get('snapshot')?.name === 'n';
  expect([where, outcome instanceof Error && isNamed]).toEqual([where, false]);
}

describe('a build in which any one call goes wrong leaves nothing untold and loses no good revision:', () => {
  test.each<[string, Fault]>([
    ['it is refused', { instead: { status: 400 } }],
    ['it is forbidden', { instead: { status: 403 } }],
    ['the service fails once', { instead: { status: 500 } }],
    ['the connection is cut before it', { instead: 'reset' }],
    ['it is done and the answer is lost', { after: 'reset' }],
    ['it is done and the answer is no JSON', { after: { body: '<html>proxy</html>' } }],
  ])('%s', async (_, fault) => {
    const calls = await countCalls();
    for (let n = 1; n <= calls.length; n++) {
      const isKnownWrong = 'after' in fault && [CLAIM, NAMING].includes(calls[n - 1] ?? ''); // see below
      if (!isKnownWrong) await buildWithFault(n, fault);
    }
  });

  test.each([
    ['the record of a base image is made', CLAIM, 'reset'],
    ['the image gets its name', NAMING, { body: '<html>proxy</html>' }],
  ] as const)('%s and the answer is lost', async (_, call, after) => {
    const calls = await countCalls();
    await buildWithFault(calls.indexOf(call) + 1, { after });
  });

  test('it is stopped there', async () => {
    const calls = await countCalls();
    for (let n = 1; n <= calls.length; n++) {
      startAnew();
      const stop = new AbortController();
      cloud.fault = (nth) => {
        if (nth === n) stop.abort(new CancelledError('stopped'));
        return undefined;
      };
      const { tools } = builder({ signal: stop.signal });
      const outcome: unknown = await build(tools).catch((error: unknown) => error);
      const where = `call ${n}, ${cloud.calls[n - 1] ?? 'none'}: ${String(outcome)}`;
      const isGood =
        outcome === 'snapshot' || (outcome instanceof ProductError && outcome.kind === 'cancelled');
      expect([where, isGood, leftInCloud()]).toEqual([where, true, []]);
      expect(cloud.glance.images.has('last-good')).toBe(true);
    }
  });
});
