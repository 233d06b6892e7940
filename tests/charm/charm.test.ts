import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { parseHostSecrets } from '../../src/model/job/host-secrets.ts';
import { parseYaml } from '../../src/system/yaml.ts';
import { changeConfig } from '../support/juju/model/config-values.ts';
import { writeRemote } from '../support/juju/model/relations.ts';
import { built, consumerDatabag, report } from './support/facts.ts';
import { PASSWORD, configure, deploy, imageOf, integrate, useUnit } from './support/use-unit.ts';
import { uuidOf } from '../support/uuid-of.ts';

const fixture = useUnit();

describe('the charm', () => {
  test('An unconfigured charm is blocked, lists the options to set and leaves the host unchanged', async () => {
    const { unit } = fixture;
    for (const name of ['install', 'leader-elected', 'config-changed', 'start']) {
      expect(await unit.hook(name)).toBe(0);
    }
    expect(unit.status).toBe(
      'blocked: set openstack-auth-url, openstack-password-secret, openstack-project-domain-name, openstack-project-name, openstack-user-domain-name, openstack-user-name',
    );
    expect(unit.model.workloadVersion).toBe('1.2.3');
    expect(unit.systemd.calls).toEqual([]);
    expect(await unit.desired()).toBeUndefined();
  });

  test('A charm that is configured after install sets up its host', async () => {
    const { unit } = fixture;
    await unit.hook('install');
    configure(unit);
    expect(await unit.hook('config-changed')).toBe(0);
    expect(unit.status).toBe(
      'blocked: integrate with a charm that needs images: juju integrate app:image <runner charm>',
    );
    expect(unit.systemd).toMatchObject({ isActive: true, isEnabled: true });
    expect(await unit.desired()).toMatchObject({ generation: 1, consumers: [], credentialsGeneration: 1 });
    expect(JSON.parse(await readFile(unit.paths.schedule, 'utf8'))).toEqual({
      unit: 'app/0',
      intervalHours: 6,
    });
  });

  test('The charm waits for credentials, then for the scheduler, and publishes the reported image', async () => {
    const { unit } = fixture;
    configure(unit);
    const relation = integrate(unit, 'consumer', {});
    await unit.hook('install');
    expect(unit.status).toBe('waiting: waiting for credentials from consumer');
    writeRemote(relation, 'consumer/0', consumerDatabag());
    const changed = {
      kind: 'relation',
      change: 'changed',
      relationId: relation.id,
      remoteUnit: 'consumer/0',
    } as const;
    expect(await unit.dispatch(changed)).toBe(0);
    expect(unit.status).toBe('waiting: the scheduler has not reported yet');
    const [cloudId = ''] = await unit.cloudIds();
    await unit.report(built({ clouds: [report(cloudId, { noble: uuidOf('n1') })] }));
    expect(await unit.dispatch({ kind: 'own', name: 'built' })).toBe(0);
    expect(relation.ourUnit).toMatchObject({
      id: uuidOf('n1'),
      tags: 'x64,noble',
      'ingress-address': '10.0.0.4',
    });
    expect(unit.status).toBe('active: next build 14:00Z');
    expect((await unit.desired())?.published).toEqual([
      { relationId: 1, imageIds: [uuidOf('n1')], isConfirmed: false },
    ]);
    await unit.dispatch({ kind: 'own', name: 'built' });
    expect((await unit.desired())?.published).toEqual([
      { relationId: 1, imageIds: [uuidOf('n1')], isConfirmed: true },
    ]);
  });

  test('Credential files can be read by their owner only', async () => {
    const { unit } = fixture;
    const { cloudId } = await deploy(unit);
    const clouds = parseYaml(await readFile(unit.paths.cloudsYaml, 'utf8'));
    expect(clouds).toMatchObject({ clouds: { builder: { auth: { password: PASSWORD } }, [cloudId]: {} } });
    for (const path of [unit.paths.cloudsYaml, unit.paths.secrets]) {
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
  });

  test('A hook writes nothing when nothing has changed', async () => {
    const { unit } = fixture;
    const { cloudId } = await deploy(unit);
    await unit.report(built({ clouds: [report(cloudId, { noble: uuidOf('n1') })] }));
    await unit.hook('update-status');
    await unit.hook('update-status');
    const { paths } = unit;
    const files = [
      paths.desired,
      paths.cloudsYaml,
      paths.secrets,
      paths.schedule,
      paths.key,
      paths.serviceFile,
    ];
    const readInodes = () => Promise.all(files.map(async (path) => (await stat(path)).ino));
    const before = await readInodes();
    const calls = unit.model.toolCalls.length;
    for (const name of ['config-changed', 'upgrade-charm', 'start', 'update-status', 'some-new-hook']) {
      expect(await unit.hook(name)).toBe(0);
    }
    expect(await readInodes()).toEqual(before);
    const written = unit.model.toolCalls.slice(calls).map(({ tool }) => tool);
    expect(written).not.toContain('relation-set');
    expect(unit.systemd.calls.filter((call) => call.startsWith('restart'))).toHaveLength(1);
  });

  test('The start hook restores the credentials after a reboot as a new generation', async () => {
    const { unit } = fixture;
    await deploy(unit);
    await rm(await readFile(`${unit.root}/memory`, 'utf8'), { recursive: true });
    await mkdir(await readFile(`${unit.root}/memory`, 'utf8'));
    unit.systemd.isActive = false;
    await unit.hook('start');
    expect(parseHostSecrets(await readFile(unit.paths.secrets, 'utf8')).generation).toBe(2);
    expect(await unit.desired()).toMatchObject({ credentialsGeneration: 2 });
    expect(unit.systemd.isActive).toBe(true);
  });

  test('A hook starts a scheduler that died, even while options are invalid', async () => {
    const { unit } = fixture;
    await deploy(unit);
    changeConfig(unit.model, { 'build-interval': 0 });
    unit.systemd.isActive = false;
    await unit.hook('update-status');
    expect(unit.status).toBe('blocked: build-interval: expected a whole number from 1 to 720, got 0');
    expect(unit.systemd.isActive).toBe(true);
  });

  test('A corrupt mailbox counts as missing and is logged', async () => {
    const { unit } = fixture;
    const { relation, cloudId } = await deploy(unit);
    await unit.report(built({ desiredGeneration: 9, clouds: [report(cloudId, { noble: uuidOf('n1') })] }));
    await unit.hook('update-status');
    await writeFile(unit.paths.desired, '{"format": 1');
    await unit.hook('update-status');
    expect(await unit.desired()).toMatchObject({ generation: 10, consumers: [{ cloudId }] });
    await writeFile(unit.paths.built, 'nonsense');
    await unit.hook('update-status');
    expect(imageOf(relation)).toBe(uuidOf('n1'));
    expect(unit.status).toBe('waiting: the scheduler has not reported yet');
    expect(unit.model.log.map(({ message }) => message).join('\n')).toContain('built.json: expected JSON');
  });

  test('The charm is blocked when its run folder is on a disk', async () => {
    const { unit } = fixture;
    configure(unit);
    const disk = await mkdtemp('/var/tmp/unit-'); // not the default temporary folder, which may be a tmpfs
    await rm(`${unit.root}/run`);
    await symlink(disk, `${unit.root}/run`);
    expect(await unit.hook('install')).toBe(0);
    expect(unit.status).toMatch(/^blocked: .*expected a folder on a tmpfs, got one on a disk/);
    expect(existsSync(unit.paths.cloudsYaml)).toBe(false);
    await rm(disk, { recursive: true });
  });
});
