import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  holdsSame,
  installCloudsYaml,
  installHostSecrets,
  readInstalled,
} from '../../src/builder/credentials.ts';
import { BuilderSetupError } from '../../src/builder/errors.ts';
import { loginByName } from '../../src/model/cloud/cloud-login.ts';
import type { OpenstackCloudsConfig } from '../../src/model/clouds-yaml.ts';
import type { HostSecrets } from '../../src/model/job/host-secrets.ts';
import { Secret } from '../../src/model/secret.ts';
import { parseYaml } from '../../src/system/yaml.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { useHost } from './support/host.ts';

fc.configureGlobal({ seed: 20261121 }); // makes the properties deterministic

const at = useHost();

const cloud = (password: string, region = '', authUrl = 'https://keystone.example.com/v3') =>
  loginByName({
    authUrl,
    password: new Secret(password),
    projectDomainName: 'Default',
    projectName: 'p',
    userDomainName: 'Default',
    userName: 'u',
    region,
  });
const clouds = (password = 'pw'): OpenstackCloudsConfig => ({ clouds: { builder: cloud(password, 'R1') } });
const passwordOf = ({ clouds: logins }: OpenstackCloudsConfig): string => {
  const auth = logins['builder']?.auth;
  return auth?.method === 'password' ? auth.password.reveal() : '';
};
const none = new Secret('');
const secrets = (generation: number, token = 'token'): HostSecrets => ({
  generation,
  scriptUrl: none,
  scriptSecrets: { TOKEN: new Secret(token) },
  proxy: { http: none, https: none, noProxy: none },
  openstackCa: '',
  github: {},
});

describe('clouds.yaml', () => {
  test('clouds.yaml contains the password and only root can read it', async () => {
    expect(await installCloudsYaml(clouds(), at.host)).toBe(true);
    const { cloudsYaml } = at.host.paths;
    expect(parseYaml(await readFile(cloudsYaml, 'utf8'))).toEqual({
      clouds: {
        builder: {
          auth: {
            auth_url: 'https://keystone.example.com/v3',
            password: 'pw',
            project_domain_name: 'Default',
            project_name: 'p',
            user_domain_name: 'Default',
            username: 'u',
          },
          region_name: 'R1',
        },
      },
    });
    expect((await stat(cloudsYaml)).mode & 0o777).toBe(0o600);
  });

  test('clouds.yaml is written only when its content differs', async () => {
    await installCloudsYaml(clouds(), at.host);
    const { cloudsYaml } = at.host.paths;
    const before = await stat(cloudsYaml);
    expect(await installCloudsYaml(clouds(), at.host)).toBe(false);
    expect((await stat(cloudsYaml)).ino).toBe(before.ino);
    expect(await installCloudsYaml(clouds('other'), at.host)).toBe(true);
  });

  test('clouds.yaml is not written again when it has the same content in another notation', async () => {
    await installCloudsYaml(clouds(), at.host);
    const { cloudsYaml } = at.host.paths;
    await writeFile(cloudsYaml, JSON.stringify(parseYaml(await readFile(cloudsYaml, 'utf8'))));
    expect(await installCloudsYaml(clouds(), at.host)).toBe(false);
  });

  test('The permissions of clouds.yaml are restored even when its content is unchanged', async () => {
    await installCloudsYaml(clouds(), at.host);
    await chmod(at.host.paths.cloudsYaml, 0o644);
    await chmod(at.host.paths.run, 0o755);
    await installCloudsYaml(clouds(), at.host);
    expect((await stat(at.host.paths.cloudsYaml)).mode & 0o777).toBe(0o600);
    expect((await stat(at.host.paths.run)).mode & 0o777).toBe(0o700);
  });

  test.each(['', '\0', 'clouds: [', '- a', 'clouds: {builder: 3}'])(
    'A clouds.yaml with the content %j is replaced',
    async (text) => {
      await mkdir(at.host.paths.run);
      await writeFile(at.host.paths.cloudsYaml, text);
      expect((await readInstalled(at.host)).clouds).toBeUndefined();
      expect(await installCloudsYaml(clouds(), at.host)).toBe(true);
      expect((await readInstalled(at.host)).clouds).toEqual(clouds());
    },
  );

  test('clouds.yaml is written again when the order of the clouds changes, because the first is the default', async () => {
    const [a, b] = [cloud('1'), cloud('2')];
    await installCloudsYaml({ clouds: { a, b } }, at.host);
    expect(await installCloudsYaml({ clouds: { b, a } }, at.host)).toBe(true);
  });

  test('Credentials are never written to a disk, and the error explains why', async () => {
    await rm(join(at.root, 'run'));
    const error = await failureOf(installCloudsYaml(clouds(), at.host));
    expect(error).toBeInstanceOf(BuilderSetupError);
    expect(error).toMatchObject({ kind: 'input' });
    expect(error.message).toMatch(/credentials would be written to it/);
    expect(await readdir(at.host.paths.run)).toEqual([]);
    expect(await failureOf(installHostSecrets(secrets(1), at.host))).toBeInstanceOf(BuilderSetupError);
    expect(await readdir(at.host.paths.run)).toEqual([]);
  });

  test('A clouds.yaml with an invalid auth URL of a consumer counts as installed', async () => {
    const wanted = { clouds: { a: cloud('1', '', 'not a url/') } };
    await installCloudsYaml(wanted, at.host);
    await installHostSecrets(secrets(1), at.host);
    const installed = await readInstalled(at.host);
    expect(installed.clouds).toEqual(wanted);
    expect(holdsSame(installed, { clouds: wanted, secrets: secrets(1) })).toBe(true);
  });

  test('Any password can be read back from clouds.yaml', async () => {
    const anyPassword = fc.string({ unit: 'binary', minLength: 1 });
    await fc.assert(
      fc.asyncProperty(anyPassword, async (password) => {
        await installCloudsYaml(clouds(password), at.host);
        const { clouds: installed } = await readInstalled(at.host);
        expect(installed && passwordOf(installed)).toBe(password);
      }),
      { numRuns: 50, examples: [['yes'], ['0o17'], ['{{"\'#: '], ['\u0085\u2028'], ['😀'], ['\ttab\n']] },
    );
  });
});

describe('secrets.json', () => {
  test('secrets.json is written when its generation or content differs', async () => {
    expect(await installHostSecrets(secrets(1), at.host)).toBe(true);
    expect(await installHostSecrets(secrets(1), at.host)).toBe(false);
    expect(await installHostSecrets(secrets(2), at.host)).toBe(true);
    expect(await installHostSecrets(secrets(2, 'other'), at.host)).toBe(true);
    expect((await stat(at.host.paths.secrets)).mode & 0o777).toBe(0o600);
  });

  test('A truncated secrets.json counts as missing', async () => {
    await installHostSecrets(secrets(1), at.host);
    await writeFile(at.host.paths.secrets, '{"generation": 1, "scr');
    expect((await readInstalled(at.host)).secrets).toBeUndefined();
    expect(await installHostSecrets(secrets(1), at.host)).toBe(true);
  });
});

describe('installed credentials', () => {
  test('A fresh host has no installed credentials', async () => {
    expect(await readInstalled(at.host)).toEqual({ clouds: undefined, secrets: undefined });
  });

  test('Installed credentials are compared by their content and not by their generation', async () => {
    await installCloudsYaml(clouds(), at.host);
    await installHostSecrets(secrets(1), at.host);
    const installed = await readInstalled(at.host);
    expect(installed.secrets?.generation).toBe(1);
    expect(holdsSame(installed, { clouds: clouds(), secrets: secrets(7) })).toBe(true);
    expect(holdsSame(installed, { clouds: clouds('other'), secrets: secrets(1) })).toBe(false);
    expect(holdsSame(installed, { clouds: clouds(), secrets: secrets(1, 'other') })).toBe(false);
    expect(holdsSame({ ...installed, secrets: undefined }, { clouds: clouds(), secrets: secrets(1) })).toBe(
      false,
    );
  });
});
