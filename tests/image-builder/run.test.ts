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
  baseRelease: '',
  base: 'noble',
  juju: '',
  microk8s: '',
  runnerVersion: '2.331.0',
  scriptUrl: '',
  name: 'n',
} as const;

let cloud: ScriptedOpenStack;
let commands: string[];

beforeEach(() => {
  cloud = scriptOpenStack(at.http, OWNER.buildId);
  commands = [];
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

/** Returns the session of a healthy guest; `answer` overrides the output of a command. */
function sessionOf(answer: (command: SshCommand) => string | undefined = () => undefined): SshSession {
  const runner = { version: '2.331.0', url: '', sha256: '' };
  const checks = listGuestParts({ runner }).map(({ name }) => `ok ${name}\n`);
  const outputOf = ({ command, stdin }: SshCommand): string => {
    if (command.startsWith('cloud-init status')) return 'status: done\n';
    if (command.includes('/parts')) return 'hostname 1\nrunner 7\n';
    if (command === CLEAN_UP_COMMAND && String(stdin).includes('clean-up done')) return 'clean-up done\n';
    return `${checks.join('')}end of checks\n`;
  };
  return {
    run: (command) => {
      const stdout = answer(command) ?? outputOf(command);
      commands.push(command.command);
      return Promise.resolve({ exitCode: stdout === 'exit 1' ? 1 : 0, stdout, stderr: '' });
    },
    close: () => commands.push('closed'),
  };
}

const build = (tools: Context, image: Partial<typeof IMAGE & { scriptUrl: string }> = {}) =>
  run(CLOUD, { ...IMAGE, ...image }, 5, tools);
const builder = (change: Partial<Context> = {}): TestTools =>
  makeTools({ connectSsh: () => Promise.resolve(sessionOf()), ...change });

/** Lists the resources that a build left in the cloud, without finished images. */
function leftInCloud(): readonly string[] {
  const images = [...cloud.glance.images.values()].filter(
    ({ name, status }) => name?.includes('.building-') === true || status !== 'active',
  );
  return [...cloud.servers.keys(), ...cloud.keypairs.keys(), ...images.map(({ id }) => id)];
}

describe('a build', () => {
  test('A build creates an image, returns its id and leaves nothing else', async () => {
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
    expect(commands.at(-1)).toBe('closed');
    expect(facts()).toMatchObject({ runnerVersion: '2.331.0', serverId: 's1', baseSha256: SUM, swept: [] });
  });

  test('A build writes the run config of its owner on the image and on no other resource', async () => {
    const runConfig = 'charm=1 runner=latest script=none';
    await build(builder({ owner: { ...OWNER, runConfig } }).tools);
    expect(cloud.glance.images.get('snapshot')).toMatchObject({ image_builder_run_config: runConfig });
    const [base] = at.http.requests('POST /v2/images').map(({ body }) => body.toString());
    const [server] = at.http.requests('POST /v2.1/servers').map(({ body }) => body.toString());
    expect(`${base ?? '?'}${server ?? '?'}`).not.toMatch('run_config');
  });

  test.each([
    ['fails alone when a unit ordered the build', 'app/0', 'partial', true],
    ['is rejected before anything is created when a person ordered the build', '', 'input', false],
  ])('A copy to a cloud that is not in clouds.yaml %s', async (_what, unit, kind, isBuilt) => {
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

  test('A build prunes nothing without a number of revisions to keep', async () => {
    cloud.glance.add({ id: 'older', name: 'n', image_builder_kind: 'runner' });
    const { tools, facts } = builder();
    await run(CLOUD, IMAGE, undefined, tools);
    expect([...cloud.glance.images.values()].filter(({ name }) => name === 'n')).toHaveLength(3);
    expect(facts().pruned).toBeUndefined();
  });

  test('A build rejects all unsupported options at once before its first call', async () => {
    const failure = failureOf(
      run(
        { ...CLOUD, proxy: 'p:1', dockerhubCache: new URL('https://d') },
        { ...IMAGE, juju: '3.6', microk8s: '1.31' },
        5,
        builder().tools,
      ),
    );
    await expect(failure).resolves.toBeInstanceOf(InputError);
    expect((await failure).message.split('\n')).toHaveLength(4);
    expect(cloud.calls).toEqual([]);
  });

  test('A build whose script fails leaves nothing and keeps the last good image', async () => {
    const session = sessionOf(({ command }) => (command.includes('eval') ? 'exit 1' : undefined));
    const { tools } = builder({ connectSsh: () => Promise.resolve(session) });
    const error = await failureOf(build(tools, { scriptUrl: `${at.http.origin}/script` } as object));
    expect(error).toMatchObject({ kind: 'build', step: 'run external script', leftovers: [] });
    expect(leftInCloud()).toEqual([]);
    expect(cloud.glance.images.has('last-good')).toBe(true);
  });

  test('A build failure names the failed step, even a step of a called function', async () => {
    cloud.fault = (nth) =>
      cloud.calls[nth - 1] === 'PATCH /v2/images/snapshot' ? { instead: { status: 400 } } : undefined;
    const error = await failureOf(build(builder().tools));
    expect(error).toMatchObject({ step: 'name image', kind: 'denied' });
    expect(leftInCloud()).toEqual([]);
  });
});

const CLAIM = 'POST /v2/images';
const NAMING = 'PATCH /v2/images/snapshot';

/** Builds once without a fault and returns its calls. */
async function recordCalls(): Promise<readonly string[]> {
  await build(builder().tools);
  return [...cloud.calls];
}

function resetCloud(): void {
  cloud.servers.clear();
  cloud.keypairs.clear();
  cloud.glance.images.clear();
  (cloud.calls as string[]).length = 0;
  cloud = scriptOpenStack(at.http, OWNER.buildId);
  cloud.glance.add({ id: 'last-good', name: 'n', image_builder_kind: 'runner' });
}

/** Builds with a fault at the nth call, and expects every leftover to be reported. */
async function buildWithFault(n: number, fault: Fault): Promise<void> {
  resetCloud();
  cloud.fault = (nth) => (nth === n ? fault : undefined);
  const { tools, warnings } = builder();
  const outcome: unknown = await build(tools).catch((error: unknown) => error);
  const where = `call ${n}, ${cloud.calls[n - 1] ?? 'none'}: ${String(outcome)}`;
  const reported = [...warnings, ...(outcome instanceof StepFailedError ? outcome.leftovers : [])];
  const left = leftInCloud();
  expect([where, outcome === 'snapshot' || outcome instanceof ProductError]).toEqual([where, true]);
  expect([where, left.length > 0 && reported.length === 0 ? left : []]).toEqual([where, []]);
  expect([where, cloud.glance.images.has('last-good')]).toEqual([where, true]);
  const isNamed = cloud.glance.images.get('snapshot')?.name === 'n';
  expect([where, outcome instanceof Error && isNamed]).toEqual([where, false]);
}

describe('a fault at any one call of a build', () => {
  test.each<[string, Fault]>([
    ['the request is rejected', { instead: { status: 400 } }],
    ['the request is forbidden', { instead: { status: 403 } }],
    ['the service fails once', { instead: { status: 500 } }],
    ['the connection is cut before the request', { instead: 'reset' }],
    ['the response is lost', { after: 'reset' }],
    ['the response is not JSON', { after: { body: '<html>proxy</html>' } }],
  ])('A build reports every leftover and keeps the last good image when %s', async (_, fault) => {
    const calls = await recordCalls();
    for (let n = 1; n <= calls.length; n++) {
      const isTestedBelow = 'after' in fault && [CLAIM, NAMING].includes(calls[n - 1] ?? '');
      if (!isTestedBelow) await buildWithFault(n, fault);
    }
  });

  test.each([
    ['creates the record of a base image', CLAIM, 'reset'],
    ['names the image', NAMING, { body: '<html>proxy</html>' }],
  ] as const)(
    'A build reports every leftover when the response to the call that %s is lost',
    async (_, call, after) => {
      const calls = await recordCalls();
      await buildWithFault(calls.indexOf(call) + 1, { after });
    },
  );

  test('A build that is stopped at any call leaves nothing and keeps the last good image', async () => {
    const calls = await recordCalls();
    for (let n = 1; n <= calls.length; n++) {
      resetCloud();
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
