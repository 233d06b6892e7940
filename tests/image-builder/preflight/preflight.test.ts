import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type PreflightRequest, preflight } from '../../../src/image-builder/preflight/preflight.ts';
import type { Context } from '../../../src/image-builder/context.ts';
import { DEFAULT_SOURCES } from '../../../src/model/guest/guest-options.ts';
import { ImageConfig, type RunConfig } from '../../../src/model/run-config.ts';
import { Secret } from '../../../src/model/secret.ts';
import { type Mirror, startMirror } from '../../support/mirror.ts';
import { useTestTools } from '../make-test-tools.ts';
import { listSecurityGroups } from '../../../src/openstack/security-groups.ts';
import { useEmulator } from '../use-emulator.ts';

const at = useEmulator();
const makeTools = useTestTools(at);
const NONE = new Secret('');
let mirror: Mirror;
let server: Server;

beforeEach(async () => {
  const bases = new Map([['noble', import.meta.filename]]); // any file: nothing boots from it
  mirror = await startMirror({ bases, files: new Map([['/script.sh', 'true']]) });
  server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.close();
  await mirror.close();
});

const openUrl = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

interface Changes {
  readonly cloud?: Partial<RunConfig['cloud']>;
  readonly sources?: Partial<typeof DEFAULT_SOURCES>;
  readonly request?: Partial<PreflightRequest>;
  readonly context?: Partial<Context>;
}

/** Makes all checks. Returns them as `cloud name: outcome`, and the reasons by name. */
async function check({ cloud = {}, sources = {}, request = {}, context = {} }: Changes = {}) {
  const image = {
    arch: 'x64',
    base: 'noble',
    baseRelease: '',
    prefix: 'app',
    juju: '',
    microk8s: '',
  } as const;
  const none = { runnerVersion: '', scriptUrl: '', scriptDigest: '' } as const;
  const entry: RunConfig = {
    image: new ImageConfig({ ...image, ...none }),
    cloud: {
      ...{ buildCloud: 'builder', buildFlavor: 'lab.runner', buildNetwork: 'lab', floatingNetwork: '' },
      ...{ resourcePrefix: 'app', sshCidrs: [], uploadClouds: [], numRevisions: 5, ...cloud },
    },
    externalService: {
      ...{ dockerhubCache: '', proxy: '', cloudImagesUrl: '', runnerReleasesUrl: '' },
      sources: { ...DEFAULT_SOURCES, ...sources },
    },
  };
  const { tools } = makeTools({
    cloudImagesUrl: mirror.url,
    runnerReleasesUrl: `${mirror.url}/releases`,
    ...context,
  });
  const { checks, failures } = await preflight(
    {
      ...{ entries: [entry], cloudIds: [], scriptUrl: `${mirror.url}/script.sh` },
      ...{ securityGroup: 'shared', minimum: { vcpus: 2, ram: 1024, disk: 20 }, ...request },
    },
    { ...tools, proxy: { http: NONE, https: NONE, noProxy: NONE, source: 'option' } },
  );
  const reasons = Object.fromEntries(
    checks.map(({ name, reason, advice }) => [name, `${reason}; ${advice}`]),
  );
  return { lines: checks.map(({ name, outcome }) => `${name}: ${outcome}`), reasons, failures };
}

/** Answers the requests for quotas as the API reference of OpenStack documents them. */
function limit(
  limits: { readonly cores?: number; readonly floatingIps?: number; readonly images?: number } = {},
): void {
  const { cores = 20, floatingIps = 5, images = -1 } = limits;
  const absolute = {
    ...{ maxTotalInstances: 10, totalInstancesUsed: 2, maxTotalCores: cores, totalCoresUsed: 4 },
    ...{ maxTotalRAMSize: -1, totalRAMUsed: 4096 },
  };
  const quota = (value: number) => ({ limit: value, used: 1, reserved: 0 });
  at.disturb('GET /compute/v2.1/limits', { status: 200, body: { limits: { rate: [], absolute } } });
  at.disturb(`GET /network/v2.0/quotas/${at.openstack.account('builder').projectId}/details`, {
    status: 200,
    body: { quota: { port: quota(50), floatingip: quota(floatingIps), security_group: quota(10) } },
  });
  const usage = { image_count_total: { usage: 3, limit: images } };
  at.disturb('GET /image/v2/info/usage', { status: 200, body: { usage } });
}

describe('a preflight', () => {
  test('The page about prerequisites names every check', async () => {
    limit();
    const url = openUrl();
    const mirrors = { aptMirror: url, npmRegistry: url, yqUrl: url, snapProxy: url };
    const { reasons } = await check({ cloud: { floatingNetwork: 'outside' }, sources: mirrors });
    const page = readFileSync('docs/how-to/prerequisites.md', 'utf8');
    expect(Object.keys(reasons)).toContain('quota of floating IPs');
    expect(Object.keys(reasons).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test('Every check of a cloud that has what a build needs is ok', async () => {
    limit();
    const { lines, reasons, failures } = await check();
    expect(lines).toEqual([
      ...['login: ok', 'roles: ok', 'flavor: ok', 'network: ok'],
      ...['quota of instances: ok', 'quota of cores: ok', 'quota of MiB of RAM: ok'],
      ...['quota of ports: ok', 'quota of security groups: ok'],
      ...['security group: ok', 'image service: ok', 'quota of images: ok', 'proxy: skipped'],
      ...['cloud image noble: ok', 'runner release: ok', 'external script: ok'],
    ]);
    expect(failures).toEqual([]);
    expect(reasons['flavor']).toBe('lab.runner with 2 vCPUs and 1024 MiB of RAM; ');
    expect(reasons['quota of cores']).toBe('4 of 20 used, a build needs 2; ');
  });

  test('A quota that is used up fails with its numbers and the remedy, and the other checks are made', async () => {
    limit({ cores: 5, floatingIps: 1, images: 4 });
    const { lines, reasons, failures } = await check({ cloud: { floatingNetwork: 'lab-ext' } });
    expect(lines.filter((line) => line.endsWith('failed'))).toEqual([
      'quota of cores: failed',
      'quota of floating IPs: failed',
      'quota of images: failed',
    ]);
    expect(reasons['quota of cores']).toBe(
      "4 of 5 used, a build needs 2; delete what is not used, or ask the cloud's operator for a larger quota",
    );
    expect(failures).toHaveLength(3);
    expect(lines).toContain('external script: ok');
  });

  test('Quotas that the cloud does not report are skipped', async () => {
    const { lines, reasons } = await check();
    expect(lines).toEqual(
      expect.arrayContaining(['compute quotas: skipped', 'network quotas: skipped', 'image quota: skipped']),
    );
    expect(reasons['compute quotas']).toMatch(/^the cloud does not report it: .*404/);
  });

  test('All that is wrong is reported at once', async () => {
    limit();
    const { lines, reasons } = await check({
      cloud: { buildFlavor: 'none', buildNetwork: 'none' },
      sources: { npmRegistry: 'http://127.0.0.1:1' },
      request: { scriptUrl: `${mirror.url}/none.sh` },
      context: { runnerReleasesUrl: `${mirror.url}/none`, cloudImagesUrl: `${mirror.url}/none` },
    });
    expect(lines.filter((line) => line.endsWith('failed'))).toEqual([
      ...['flavor: failed', 'network: failed', 'cloud image noble: failed', 'runner release: failed'],
      ...['external script: failed', 'npm registry: failed'],
    ]);
    expect(reasons['flavor']).toMatch(/--flavor: expected one of .*, got none/);
    expect(reasons['npm registry']).toMatch(/^127\.0\.0\.1:1 accepts no connection; check the option/);
  });

  test('A flavor without a disk passes its check in a cloud with block storage', async () => {
    at.openstack.addBlockStorage();
    const withVolumes = await check({ cloud: { buildFlavor: 'lab.diskless' } });
    expect(withVolumes.lines).toContain('flavor: ok');
  });

  test('A flavor without a disk fails its check in a cloud without block storage', async () => {
    at.openstack.addBlockStorage();
    at.openstack.state.hasBlockStorage = false;
    const { lines, reasons } = await check({ cloud: { buildFlavor: 'lab.diskless' } });
    expect(lines).toContain('flavor: failed');
    expect(reasons['flavor']).toMatch(/boot from volumes, but .*; choose a flavor with a disk/);
  });

  test('Without a login, the other checks of the cloud are left out and those of the downloads are made', async () => {
    at.disturb('POST /identity/v3/auth/tokens', { status: 401, body: { error: { message: 'wrong' } } });
    const { lines, reasons } = await check();
    expect(lines.slice(0, 3)).toEqual(['login: failed', 'proxy: skipped', 'cloud image noble: ok']);
    expect(reasons['login']).toMatch(/401.*check the credentials/s);
  });

  test('The networks that may reach servers over SSH are admitted, and the check names them', async () => {
    limit();
    const { reasons } = await check({ cloud: { sshCidrs: ['10.1.0.0/16'] } });
    expect(reasons['security group']).toMatch(
      /^shared \([-0-9a-f]{36}\) admits to port \d+: this host's address, which a build adds, 10\.1\.0\.0\/16;/,
    );
    const [group] = await listSecurityGroups(at.cloud, 'shared');
    expect(group?.rules).toContainEqual(
      expect.objectContaining({ direction: 'ingress', protocol: 'tcp', remote_ip_prefix: '10.1.0.0/16' }),
    );
  });

  test('A user who may not create security groups fails that check', async () => {
    limit();
    at.disturb('POST /network/v2.0/security-groups', { status: 403, body: 'no' });
    const { reasons, lines } = await check();
    expect(lines).toContain('security group: failed');
    expect(reasons['security group']).toMatch(/403.*the user must be allowed to create security groups/s);
  });

  test('Mirrors that accept connections are ok, and a cloud that gets copies is checked for its images', async () => {
    limit();
    const { lines } = await check({
      sources: { aptMirror: openUrl(), snapProxy: openUrl() },
      request: { cloudIds: ['other'], scriptUrl: '' },
    });
    expect(lines.slice(12)).toEqual([
      ...['login: ok', 'roles: ok', 'image service: ok', 'quota of images: ok', 'proxy: skipped'],
      ...['cloud image noble: ok', 'runner release: ok', 'external script: skipped'],
      ...['apt mirror: ok', 'snap proxy: ok'],
    ]);
  });
});
