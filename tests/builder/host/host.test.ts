import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { ApplicationInitializationConfig } from '../../../src/builder/config.ts';
import { BuilderSetupError, UpgradeApplicationError } from '../../../src/builder/errors.ts';
import { initialize } from '../../../src/builder/initialize.ts';
import { removeFromHost } from '../../../src/builder/host/remove-from-host.ts';
import { stopService } from '../../../src/builder/host/service.ts';
import { ensureUnitKey } from '../../../src/builder/host/unit-key.ts';
import type { Arch } from '../../../src/model/image/arch.ts';
import { loginByName } from '../../../src/model/cloud/cloud-login.ts';
import { Secret } from '../../../src/model/secret.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { UNIT, layOutCharm, useHost } from '../support/host.ts';

const at = useHost();

const config: ApplicationInitializationConfig = {
  cloudConfig: {
    clouds: {
      builder: loginByName({
        authUrl: 'https://keystone.example.com/v3',
        password: new Secret('pw'),
        projectDomainName: 'd',
        projectName: 'p',
        userDomainName: 'd',
        userName: 'u',
        region: '',
      }),
    },
  },
  channel: 'bundled',
  cronInterval: 6,
  imageArch: 'x64',
  resourcePrefix: 'app',
  unitName: UNIT,
};

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

/** Lists the files and folders of the host with their modification times, without those of systemctl. */
async function snapshot(): Promise<readonly string[]> {
  const names = await readdir(at.root, { recursive: true });
  const files = names.filter((name) => !name.includes('systemctl') && name !== 'usr/bin');
  return Promise.all(
    [...files, 'run/app-0/clouds.yaml'].map(async (name) => {
      const { mtimeNs, ino } = await stat(join(at.root, name), { bigint: true });
      return `${name} ${mtimeNs} ${ino}`;
    }),
  );
}

describe('the set-up of a host', () => {
  test('The set-up creates private folders, a key, credentials, the schedule and the service', async () => {
    await initialize(config, at.host);
    const { paths } = at.host;
    expect(await modeOf(paths.state)).toBe('700');
    expect(await modeOf(paths.jobs)).toBe('700');
    expect(await modeOf(paths.run)).toBe('700');
    expect(await modeOf(paths.log)).toBe('750');
    expect(await modeOf(paths.key)).toBe('600');
    expect(await modeOf(paths.cloudsYaml)).toBe('600');
    expect(JSON.parse(await readFile(paths.schedule, 'utf8'))).toEqual({ unit: UNIT, intervalHours: 6 });
    expect(await readFile(paths.serviceFile, 'utf8')).toMatch(
      `ExecStart=${at.host.node} ${paths.programs}/current/dist/bin/scheduler.js --unit app/0 --root ${at.root}\n`,
    );
    expect(await at.systemctlCalls()).toEqual([
      'daemon-reload',
      'enable app-0-scheduler.service',
      'restart app-0-scheduler.service',
    ]);
  });

  test('A second set-up changes nothing', async () => {
    await initialize(config, at.host);
    const before = await snapshot();
    await initialize(config, at.host);
    expect(await snapshot()).toEqual(before);
    const verbs = (await at.systemctlCalls()).slice(3).map((call) => call.split(' ')[0]);
    expect(verbs).toEqual(['show']);
  });

  test('A second set-up keeps the key of the unit', async () => {
    await initialize(config, at.host);
    const key = (await ensureUnitKey(at.host)).reveal();
    await initialize(config, at.host);
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect((await ensureUnitKey(at.host)).reveal()).toBe(key);
  });

  test('A set-up starts a stopped service and does not restart it', async () => {
    await initialize(config, at.host);
    await stopService(at.host);
    await initialize(config, at.host);
    expect((await at.systemctlCalls()).at(-1)).toBe('start app-0-scheduler.service');
  });

  test('A set-up restarts the service when the program changed', async () => {
    await initialize(config, at.host);
    await layOutCharm(at.host.charmDir, '2');
    await initialize(config, at.host);
    expect((await at.systemctlCalls()).slice(3)).toContain('restart app-0-scheduler.service');
  });

  test('A set-up restarts the service when the last restart failed', async () => {
    const refused = join(at.root, 'usr/bin/systemctl.refused');
    await writeFile(refused, 'restart\n');
    const error = await failureOf(initialize(config, at.host));
    expect(error).toBeInstanceOf(BuilderSetupError);
    expect(error.message).toMatch(/systemctl restart app-0-scheduler.service exited with 1: Access denied/);
    await rm(refused);
    await initialize(config, at.host);
    expect((await at.systemctlCalls()).at(-1)).toBe('restart app-0-scheduler.service');
  });

  test('A set-up without systemd fails and names the package to install', async () => {
    await rm(at.host.paths.systemctl);
    const error = await failureOf(initialize(config, at.host));
    expect(error).toMatchObject({ name: 'BuilderSetupError', kind: 'input' });
    expect(error.message).toMatch(/usr\/bin\/systemctl: not found.*apt-get install systemd/);
  });

  test('The service runs the Node of the charm when the charm contains one', async () => {
    await mkdir(join(at.host.charmDir, 'bin'));
    await writeFile(join(at.host.charmDir, 'bin/node'), '#!/bin/sh\n', { mode: 0o755 });
    await initialize(config, at.host);
    const { paths } = at.host;
    expect(await readFile(paths.serviceFile, 'utf8')).toMatch(
      `ExecStart=${paths.programs}/current/bin/node `,
    );
  });

  test('A set-up with invalid settings lists all problems and changes nothing', async () => {
    const imageArch = 'mips' as Arch; // not from a decoder
    const wrong = { ...config, channel: 'beta', imageArch, unitName: 'other/3', resourcePrefix: 'a\nb' };
    const error = await failureOf(initialize(wrong, at.host));
    expect(error).toBeInstanceOf(BuilderSetupError);
    expect(error).toMatchObject({ kind: 'input' });
    expect(error.message).toMatch(
      /channel: .*beta\nimage architecture: .*mips\nunit name: .*other\/3\nresource prefix: /,
    );
    expect(await readdir(join(at.root, 'etc/systemd/system'))).toEqual([]);
  });

  test('A set-up fails with its cause when the charm contains no program', async () => {
    await rename(join(at.host.charmDir, 'dist'), join(at.host.charmDir, 'gone'));
    const error = await failureOf(initialize(config, at.host));
    expect(error).toBeInstanceOf(BuilderSetupError);
    expect(error.cause).toBeInstanceOf(UpgradeApplicationError);
  });

  test('A set-up without clouds does not change clouds.yaml', async () => {
    await initialize(config, at.host);
    const before = await readFile(at.host.paths.cloudsYaml, 'utf8');
    await initialize({ ...config, cloudConfig: { clouds: {} } }, at.host);
    expect(await readFile(at.host.paths.cloudsYaml, 'utf8')).toBe(before);
  });
});

describe('the service', () => {
  test('Stopping a service that systemd does not know succeeds', async () => {
    await expect(stopService(at.host)).resolves.toBeUndefined();
  });

  test('A set-up fails and names the service when a stopped service cannot be started', async () => {
    await initialize(config, at.host);
    await stopService(at.host);
    await writeFile(join(at.root, 'usr/bin/systemctl.refused'), 'start\n');
    const error = await failureOf(initialize(config, at.host));
    expect(error).toBeInstanceOf(BuilderSetupError);
    expect(error.message).toMatch(/app-0-scheduler.service could not be started: .*Access denied/);
  });
});

describe('removal from the host', () => {
  test('A removal deletes everything of the unit and can be repeated', async () => {
    await initialize(config, at.host);
    await removeFromHost(at.host);
    await removeFromHost(at.host);
    const left = await readdir(at.root, { recursive: true });
    expect(left.filter((name) => name.includes('app-0'))).toEqual([]);
    expect(await readdir(at.memory)).toEqual([]);
    expect(await at.systemctlCalls()).toEqual(
      expect.arrayContaining(['disable app-0-scheduler.service', 'reset-failed app-0-scheduler.service']),
    );
  });

  test('A removal deletes the credentials even when systemd refuses to stop the service', async () => {
    await initialize(config, at.host);
    await writeFile(join(at.root, 'usr/bin/systemctl.refused'), 'stop\n');
    expect(await failureOf(removeFromHost(at.host))).toBeInstanceOf(BuilderSetupError);
    expect(await readdir(at.memory)).toEqual([]);
  });
});
