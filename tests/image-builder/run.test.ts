import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { CLEAN_UP_COMMAND } from '../../src/guest/clean-up.ts';
import { listGuestParts } from '../../src/guest/parts.ts';
import { run } from '../../src/image-builder/openstack-builder.ts';
import { StepFailedError } from '../../src/image-builder/steps.ts';
import type { CloudConfig } from '../../src/image-builder/config.ts';
import type { Context } from '../../src/image-builder/context.ts';
import { CancelledError, CloudsYAMLError, ProductError } from '../../src/model/errors.ts';
import { QCOW2_MAGIC } from '../../src/model/image/disk-format.ts';
import type { SshCommand, SshSession } from '../../src/system/ssh/ssh.ts';
import { DEFAULT_CONTENT, DEFAULT_SOURCES } from '../../src/model/guest/guest-options.ts';
import { guestContent } from '../support/guest-content.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import type { ImageRecord } from '../support/openstack/cloud-state.ts';
import type { Fault } from '../support/openstack/server/fault-injector.ts';
import { OWNER, type TestTools, useTestTools } from './make-test-tools.ts';
import { PATCH } from './open-store.ts';
import { useEmulator } from './use-emulator.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useEmulator();
const makeTools = useTestTools(at);
const DATA = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(1000, 7)]);
const SUM = createHash('sha256').update(DATA).digest('hex');
const RUNNER = 'actions-runner-linux-x64-2.331.0.tar.gz';
const CLOUD: CloudConfig = {
  cloudName: 'c1',
  dockerhubCache: undefined,
  ...{ flavor: '', network: '', prefix: 'p' },
  proxy: undefined,
  sources: DEFAULT_SOURCES,
  uploadCloudNames: [],
};
const IMAGE = {
  arch: 'x64',
  baseRelease: '',
  imageProperties: '',
  base: 'noble',
  ...{ juju: '', microk8s: '' },
  runnerVersion: '2.331.0',
  scriptUrl: '',
  content: DEFAULT_CONTENT,
  name: 'n',
} as const;

let commands: string[];

beforeEach(() => {
  commands = [];
  addLastGood();
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
  const checks = listGuestParts(guestContent()).map(({ name }) => `ok ${name}\n`);
  const outputOf = ({ command, stdin }: SshCommand): string => {
    if (command.startsWith('cloud-init status')) return 'status: done\n';
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

const addLastGood = () => at.add({ id: uuidOf('last-good'), name: 'n', image_builder_kind: 'runner' });

/** Returns the images that builds have finished. */
const builtImages = (): readonly ImageRecord[] =>
  at.named().filter(({ id, name }) => name === 'n' && id !== uuidOf('last-good'));

/** Lists the resources that a build left in the cloud, without finished images. */
function leftInCloud(): readonly string[] {
  const { servers, keypairs, ports } = at.emulator.inventory().a;
  const all = [...servers.map(({ name }) => name), ...keypairs, ...ports.map(({ id }) => id)];
  return [...all, ...at.unfinished().map(({ id }) => id)];
}

describe('a build', () => {
  test('A build creates an image, returns its id and leaves nothing else', async () => {
    const { tools, warnings, facts, events } = builder();
    const id = await build(tools);
    const waits = ['wait for server', 'wait for host key', 'connect over SSH', 'wait for cloud-init'];
    const ends = ['check guest', 'clean up guest', 'stop server', 'wait for image', 'undo create server'];
    const watched = events.flatMap(({ kind, step }) => (kind === 'wait' ? [step] : []));
    expect([...new Set(watched)]).toEqual([...waits, 'install parts', ...ends]);
    expect(at.images.get(id)).toMatchObject({
      name: 'n',
      architecture: 'x86_64',
      image_builder_application: 'builder',
      image_builder_kind: 'runner',
      image_builder_build_id: 'b1',
    });
    expect([leftInCloud(), warnings]).toEqual([[], []]);
    expect(commands.at(-1)).toBe('closed');
    const [{ id: serverId } = { id: '' }] = at.emulator.inventory().a.serversEver;
    expect(facts()).toMatchObject({ runnerVersion: '2.331.0', serverId, baseSha256: SUM, swept: [] });
  });

  test('A build reaches its server at a floating IP, and releases it whether it succeeds or not', async () => {
    const external = { id: uuidOf('ext'), name: 'public', 'router:external': true };
    const floatingip = { id: uuidOf('f1'), floating_ip_address: '198.51.100.7', description: '' };
    const body = { networks: [...at.openstack.state.networks, external] };
    at.disturb('GET /network/v2.0/networks', { status: 200, body });
    at.disturb('POST /network/v2.0/floatingips', { status: 201, body: { floatingip } });
    at.disturb(`DELETE /network/v2.0/floatingips/${uuidOf('f1')}`, { status: 204 });
    const released = at.arrivals(`DELETE /network/v2.0/floatingips/${uuidOf('f1')}`);
    const hosts: string[] = [];
    const connectSsh: Context['connectSsh'] = ({ host }) =>
      Promise.resolve(sessionOf(() => void hosts.push(host)));
    const request = { ...CLOUD, floatingNetwork: 'public' };
    await run(request, IMAGE, 5, builder({ connectSsh }).tools);
    const failing = builder({ connectSsh: () => Promise.reject(new CancelledError('stopped')) });
    await expect(run(request, IMAGE, 5, failing.tools)).rejects.toThrow('stopped');
    expect([[...new Set(hosts)], released.count(), leftInCloud()]).toEqual([['198.51.100.7'], 2, []]);
  });

  test('A build writes the run config of its owner on the image and on no other resource', async () => {
    const runConfig = 'charm=1 runner=latest script=none';
    let servers: readonly object[] = [];
    at.arrivals('DELETE /compute/v2.1/servers/:id', () => {
      servers = [...at.openstack.state.servers.values()].map(({ shown }) => ({ ...shown }));
    });
    const id = await build(builder({ owner: { ...OWNER, runConfig } }).tools);
    expect(at.images.get(id)).toMatchObject({ image_builder_run_config: runConfig });
    const base = [...at.images.values()].filter((image) => image['image_builder_kind'] === 'base');
    expect([servers.length, base.length]).toEqual([1, 1]);
    expect(JSON.stringify([servers, base])).not.toMatch('run_config');
  });

  test.each([
    ['fails alone when a unit ordered the build', 'app/0', 'partial', true],
    ['is rejected before anything is created when a person ordered the build', '', 'input', false],
  ])('A copy to a cloud that is not in clouds.yaml %s', async (_what, unit, kind, isBuilt) => {
    const owner = { ...OWNER, unit };
    const connect = (name: string): Promise<typeof at.connection> =>
      name === 'left' ? Promise.reject(new CloudsYAMLError(['got left'])) : Promise.resolve(at.connection);
    const { tools, facts } = builder({ owner, ownerFilter: owner, connect });
    const work = run({ ...CLOUD, uploadCloudNames: ['left'] }, IMAGE, undefined, tools);
    expect(await failureOf(work)).toMatchObject({ kind });
    expect(builtImages()).toHaveLength(isBuilt ? 1 : 0);
    const failed = { cloud: 'left', outcome: 'failed', kind: 'input' };
    expect(facts().images ?? []).toMatchObject(isBuilt ? [failed] : []);
  });

  test('A build prunes nothing without a number of revisions to keep', async () => {
    at.add({ id: uuidOf('older'), name: 'n', image_builder_kind: 'runner' });
    const { tools, facts } = builder();
    await run(CLOUD, IMAGE, undefined, tools);
    expect(at.named().filter(({ name }) => name === 'n')).toHaveLength(3);
    expect(facts().pruned).toBeUndefined();
  });

  test('A build whose script fails leaves nothing and keeps the last good image', async () => {
    const session = sessionOf(({ command }) => (command.includes('eval') ? 'exit 1' : undefined));
    const { tools } = builder({ connectSsh: () => Promise.resolve(session) });
    const error = await failureOf(build(tools, { scriptUrl: `${at.http.origin}/script` } as object));
    expect(error).toMatchObject({ kind: 'build', step: 'run external script', leftovers: [] });
    expect(leftInCloud()).toEqual([]);
    expect(at.images.has(uuidOf('last-good'))).toBe(true);
  });

  test('A build failure names the failed step, even a step of a called function', async () => {
    at.disturb(PATCH, { status: 400 });
    const error = await failureOf(build(builder().tools));
    expect(error).toMatchObject({ step: 'name image', kind: 'denied' });
    expect(leftInCloud()).toEqual([]);
  });
});

/** The nth request to a route. */
interface Call {
  readonly route: string;
  readonly nth: number;
}

/** The number of equal polls of one route that are tested. */
const MOST_POLLS = 3;

/** Builds once without a fault and returns its calls. */
async function recordCalls(): Promise<readonly Call[]> {
  const before = at.openstack.requests().length;
  await build(builder().tools);
  const counts = new Map<string, number>();
  const calls = at.openstack
    .requests()
    .slice(before)
    .map(({ route }) => {
      counts.set(route, (counts.get(route) ?? 0) + 1);
      return { route, nth: counts.get(route) ?? 1 };
    });
  return calls.filter(({ route, nth }) => !route.startsWith('GET') || nth <= MOST_POLLS);
}

function resetCloud(): void {
  const { servers, keypairs, ports, securityGroups, usedImageIds } = at.openstack.state;
  for (const resources of [servers, ports, at.images, usedImageIds]) resources.clear();
  keypairs.splice(0);
  for (const [id, { name }] of securityGroups)
    if (String(name).startsWith('github-')) securityGroups.delete(id);
  addLastGood();
}

/** Builds with a fault at one call, and expects every leftover to be reported. */
async function buildWithFault({ route, nth }: Call, fault: Fault): Promise<void> {
  resetCloud();
  const active = at.openstack.faults.add({ at: route, after: nth - 1, times: 1, fault });
  const { tools, warnings } = builder();
  const outcome: unknown = await build(tools).catch((error: unknown) => error);
  active.takeBack();
  const where = `call ${nth} of ${route}: ${String(outcome)}`;
  const reported = [...warnings, ...(outcome instanceof StepFailedError ? outcome.leftovers : [])];
  const left = leftInCloud();
  expect([where, typeof outcome === 'string' || outcome instanceof ProductError]).toEqual([where, true]);
  expect([where, left.length > 0 && reported.length === 0 ? left : []]).toEqual([where, []]);
  expect([where, at.images.has(uuidOf('last-good'))]).toEqual([where, true]);
  expect([where, outcome instanceof Error && builtImages().length > 0]).toEqual([where, false]);
}

describe('a fault at any one call of a build', () => {
  test.each<[string, Fault]>([
    ['the request is rejected', { status: 400 }],
    ['the request is forbidden', { status: 403 }],
    ['the service fails once', { status: 500 }],
    ['the connection is cut before the request', 'reset'],
    ['the response is lost', 'lost answer'],
    ['the response is not JSON', { wrongBody: '<html>proxy</html>' }],
  ])('A build reports every leftover and keeps the last good image when %s', async (_, fault) => {
    for (const call of await recordCalls()) await buildWithFault(call, fault);
  });

  test('A build that is stopped at any call leaves nothing and keeps the last good image', async () => {
    for (const { route, nth } of await recordCalls()) {
      resetCloud();
      const stop = new AbortController();
      let isOver = false;
      at.arrivals(route, (count) => {
        if (count === nth && !isOver) stop.abort(new CancelledError('stopped'));
      });
      const { tools } = builder({ signal: stop.signal });
      const outcome: unknown = await build(tools).catch((error: unknown) => error);
      isOver = true;
      const where = `call ${nth} of ${route}: ${String(outcome)}`;
      const isGood =
        typeof outcome === 'string' || (outcome instanceof ProductError && outcome.kind === 'cancelled');
      expect([where, isGood, leftInCloud()]).toEqual([where, true, []]);
      expect(at.images.has(uuidOf('last-good'))).toBe(true);
    }
  });
});
