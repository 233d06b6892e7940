import { open, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { programEnvironment } from '../../src/builder/host/program-environment.ts';
import { type HostSecrets, encodeHostSecrets } from '../../src/model/job/host-secrets.ts';
import { encodeJobArguments } from '../../src/model/job/job-arguments.ts';
import { type JobOrder, type JobTask, encodeJobOrder } from '../../src/model/job/job-order.ts';
import { Secret } from '../../src/model/secret.ts';
import { unitPaths } from '../../src/model/unit/unit-paths.ts';
import { passedEnvironment } from '../../src/scheduler/jobs/passed-environment.ts';
import { systemClock } from '../../src/system/clock.ts';
import { type CommandResult, runCommand } from '../../src/system/process/command.ts';
import { buildOrder, orderHead } from '../builder/support/jobs.ts';
import { Closers } from '../support/closers.ts';
import { type HttpCloud, TOKENS, startHttpCloud, tokenAnswer } from '../support/http-cloud.ts';
import { startHttpProxy } from '../support/http-proxy.ts';
import { type PrivateCa, createPrivateCa } from '../support/private-ca.ts';
import { uuidOf } from '../support/uuid-of.ts';
import { useProgram } from './run-program.ts';

const PROGRAM = resolve(import.meta.dirname, '../../dist/bin/github-runner-image-builder.js');
const IMAGES = 'GET /v2/images';
/** Words of the program that have no meaning in the charm. */
const PROGRAM_WORDS = /clouds\.yaml|cacert|_proxy|\s--[a-z]/i;
const NONE = { http: new Secret(''), https: new Secret(''), noProxy: new Secret('') };

const program = useProgram({ clock: systemClock });
const closers = new Closers();
let ca: PrivateCa;
let cloud: HttpCloud;
let port: string;

beforeAll(async () => {
  ca = createPrivateCa();
  cloud = await startHttpCloud(undefined, ca.server);
  cloud.on(IMAGES, { body: { images: [] } });
  ({ port } = new URL(cloud.origin));
});
afterEach(() => closers.close());
afterAll(() => cloud.close());

/** Runs the built program on a list order. */
function runListJob(host: string, ...more: [Partial<HostSecrets>, Readonly<Record<string, string>>?]) {
  return runJob(host, { kind: 'list', cloudIds: ['a'], extraImages: [] }, ...more);
}

/** Runs the built program on an order, with the environment and the descriptor that the daemon gives it. */
async function runJob(
  host: string,
  task: JobTask,
  secrets: Partial<HostSecrets>,
  daemonEnvironment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const url = `https://${host}:${port}`;
  cloud.on(TOKENS, tokenAnswer(url));
  await program.writeClouds({ a: url });
  const order: JobOrder = { ...orderHead({ id: 'j1' }), ...task };
  await writeFile(join(program.folder, 'order.json'), encodeJobOrder(order));
  const path = join(program.folder, 'secrets.json');
  const none = {
    generation: 1,
    scriptUrl: new Secret(''),
    scriptSecrets: {},
    proxy: NONE,
    openstackCa: '',
    github: {},
  };
  await writeFile(path, encodeHostSecrets({ ...none, ...secrets }));
  const descriptor = await open(path, 'r');
  closers.add(() => descriptor.close());
  const cloudsYaml = join(program.folder, 'clouds.yaml');
  const paths = { ...unitPaths(program.folder, 'app/0'), cloudsYaml };
  const environment = passedEnvironment(daemonEnvironment);
  return runCommand({
    file: process.execPath,
    args: [PROGRAM, ...encodeJobArguments(order)],
    env: await programEnvironment({ paths, environment }),
    cwd: program.folder,
    inherited: [descriptor.fd],
    timeoutMs: 60_000,
  });
}

describe('a job of the daemon', () => {
  test('A job trusts the authorities of openstack-ca', async () => {
    const { exitCode, stdout } = await runListJob('127.0.0.1', { openstackCa: ca.ca });
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching('"images":\\[\\]'),
    });
  });

  test('A job trusts the authorities of the store that the environment of the daemon names', async () => {
    await writeFile(join(program.folder, 'bundle.pem'), ca.ca);
    const env = { SSL_CERT_FILE: join(program.folder, 'bundle.pem') };
    expect(await runListJob('127.0.0.1', {}, env)).toMatchObject({ exitCode: 0 });
  });

  test('A job uses the proxies of its descriptor, and their password appears nowhere else', async () => {
    const proxy = await startHttpProxy({ login: 'u:word-MARKED', tlsPorts: [port] });
    closers.add(() => proxy.close());
    const https = new Secret(`http://u:word-MARKED@${proxy.host}`);
    const { exitCode, stdout, stderr } = await runListJob('cloud.test', {
      openstackCa: ca.ca,
      proxy: { ...NONE, https },
    });
    expect(exitCode).toBe(0);
    expect(proxy.requests[0]?.target).toBe(`CONNECT cloud.test:${port}`.slice('CONNECT '.length));
    expect(`${stdout}${stderr}${await readFile(join(program.folder, 'order.json'), 'utf8')}`).not.toMatch(
      'MARKED',
    );
  });

  test.each([
    ['a cloud with an unknown authority', () => '', 'set openstack-ca to the certificate of its authority'],
    ['an unknown authority behind a proxy', (proxy: string) => proxy, 'set openstack-ca to the certificate'],
    ['a proxy with an unknown authority', () => `https://127.0.0.1:${port}`, 'set openstack-ca to the cert'],
    [
      'a proxy that nobody answers',
      () => 'http://127.0.0.1:1',
      'add the host to juju-no-proxy with juju model-',
    ],
    ['an invalid proxy', () => 'socks5://proxy:1', 'juju-https-proxy: expected the URL of an HTTP proxy'],
  ])('A job that meets %s names only settings of the charm and the model', async (_, urlOf, words) => {
    const proxy = await startHttpProxy({ tlsPorts: [port] });
    closers.add(() => proxy.close());
    const https = new Secret(urlOf(proxy.host));
    const host = https.reveal() === '' ? '127.0.0.1' : 'cloud.test';
    const { stdout } = await runListJob(host, { proxy: { ...NONE, https } });
    expect(stdout).toMatch(words);
    expect(stdout).not.toMatch(PROGRAM_WORDS);
  });

  test('A job that meets a proxy that refuses its host names only settings of the model', async () => {
    const proxy = await startHttpProxy({ tlsPorts: [] });
    closers.add(() => proxy.close());
    const { stdout } = await runListJob('cloud.test', { proxy: { ...NONE, https: new Secret(proxy.host) } });
    expect(stdout).toMatch('it answered 403; correct juju-https-proxy, or add the host to juju-no-proxy');
    expect(stdout).not.toMatch(PROGRAM_WORDS);
  });

  test('A job whose download meets an unknown authority names the CA store of the machine', async () => {
    const { entry } = buildOrder();
    const own = {
      ...entry,
      cloud: { ...entry.cloud, buildCloud: 'a' },
      externalService: { ...entry.externalService, cloudImagesUrl: cloud.origin },
    };
    const group = { id: uuidOf('g'), name: 'github-runner-image-builder-v1-app', security_group_rules: [] };
    cloud.on('GET /v2.1/servers/detail', { body: { servers: [] } });
    cloud.on('GET /v2.1/os-keypairs', { body: { keypairs: [] } });
    cloud.on('GET /v2.0/floatingips', { body: { floatingips: [] } });
    cloud.on('GET /v2.0/security-groups', { body: { security_groups: [] } });
    cloud.on('POST /v2.0/security-groups', { status: 201, body: { security_group: group } });
    cloud.on('POST /v2.0/security-group-rules', { status: 201, body: {} });
    const { stdout } = await runJob('127.0.0.1', { kind: 'prepare', entries: [own] }, { openstackCa: ca.ca });
    expect(stdout).toMatch("to the CA store of the unit's machine");
    expect(stdout).not.toMatch(PROGRAM_WORDS);
  });

  test('A job whose proxy refuses its login prints the option and no password', async () => {
    const proxy = await startHttpProxy({ login: 'other:login', tlsPorts: [port] });
    closers.add(() => proxy.close());
    const https = new Secret(`http://u:word-MARKED@${proxy.host}`);
    const { stdout, stderr } = await runListJob('cloud.test', { proxy: { ...NONE, https } });
    expect(stdout).toMatch(`the proxy http://${proxy.host} (juju-https-proxy) refused the login`);
    expect(stdout).toMatch('set juju model-config juju-https-proxy=http://USER:PASSWORD@HOST:PORT');
    expect(stdout).not.toMatch(PROGRAM_WORDS);
    expect(`${stdout}${stderr}`).not.toMatch('MARKED');
  });
});

describe('the program by hand', () => {
  const list = (env: Readonly<Record<string, string>>) =>
    program.run(['--os-cloud', 'a', 'latest-build-id', 'img'], { env, clock: systemClock });

  test('The program uses the proxies of its environment', async () => {
    const proxy = await startHttpProxy({ tlsPorts: [port] });
    closers.add(() => proxy.close());
    cloud.on(TOKENS, tokenAnswer(`https://cloud.test:${port}`));
    await program.writeClouds({ a: `https://cloud.test:${port}` });
    await writeFile(join(program.folder, 'bundle.pem'), ca.ca);
    const env = { SSL_CERT_FILE: join(program.folder, 'bundle.pem'), https_proxy: proxy.host };
    expect(await list(env)).toMatchObject({ code: 0 });
    expect(proxy.requests.length).toBeGreaterThan(0);
  });

  test('The program that meets an unknown authority names cacert of clouds.yaml', async () => {
    await program.writeClouds({ a: cloud.origin });
    const { code, err } = await list({});
    expect(code).toBe(4);
    expect(err).toMatch('set cacert in clouds.yaml to the certificate of its authority');
  });

  test('A proxy with an unsupported scheme ends the program with 2 before any request', async () => {
    await program.writeClouds({ a: cloud.origin });
    const { code, err } = await list({
      ALL_PROXY: 'socks5://ignored',
      HTTPS_PROXY: 'socks5://u:word-MARKED@proxy:1',
    });
    expect(code).toBe(2);
    expect(err).toMatch('HTTPS_PROXY: expected the URL of an HTTP proxy');
    expect(err).not.toMatch('MARKED');
  });
});
