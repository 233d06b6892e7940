import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  CLOUD_YAML_PATHS,
  CREATE_SERVER_TIMEOUT,
  IMAGE_DEFAULT_APT_PACKAGES,
  MIN_CPU,
  MIN_DISK,
  MIN_RAM,
  SHARED_SECURITY_GROUP_NAME,
  determineCloud,
} from '../../src/image-builder/openstack-builder.ts';
import { CloudsYAMLError } from '../../src/model/errors.ts';
import { DEFAULT_TIMEOUTS } from '../../src/model/job/timeouts.ts';
import { readCloudsYaml } from '../../src/openstack/login/clouds-yaml.ts';
import { failureOf } from '../support/cloud-fixture.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'determine-cloud-'));
});

afterEach(() => rm(folder, { recursive: true }));

const write = async (path: string, clouds: string): Promise<string> => {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), clouds);
  return join(folder, path);
};

describe('the cloud to use', () => {
  test('A given cloud is used without reading a file', async () => {
    expect(await determineCloud('mine', { env: {}, cwd: join(folder, 'nowhere') })).toBe('mine');
  });

  test('The default cloud is the first in the clouds.yaml of the current folder', async () => {
    await write('clouds.yaml', 'clouds:\n  zebra: {}\n  ape: {}\n');
    expect(await determineCloud(undefined, { env: {}, cwd: folder })).toBe('zebra');
  });

  test('The file in OS_CLIENT_CONFIG_FILE takes precedence over other clouds.yaml files', async () => {
    await write('clouds.yaml', 'clouds: { here: {} }');
    const file = await write('elsewhere/clouds.yaml', 'clouds: { there: {} }');
    const env = { OS_CLIENT_CONFIG_FILE: file };
    expect(await determineCloud('', { env, cwd: folder })).toBe('there');
  });

  test('The cloud of the OS_* variables precedes those of clouds.yaml', async () => {
    await write('clouds.yaml', 'clouds: { here: {} }');
    const env = { OS_AUTH_URL: 'https://keystone.example.com/v3' };
    expect(await determineCloud(undefined, { env, cwd: folder })).toBe('envvars');
  });

  test('A missing file in OS_CLIENT_CONFIG_FILE is an error that names the file', async () => {
    const env = { OS_CLIENT_CONFIG_FILE: join(folder, 'missing.yaml') };
    const error = await failureOf(determineCloud(undefined, { env, cwd: folder }));
    expect(error).toBeInstanceOf(CloudsYAMLError);
    expect(error.message).toContain('missing.yaml');
  });
});

describe('the paths of clouds.yaml', () => {
  test('The paths of clouds.yaml are those of the Python program, and ~ is the home folder', async () => {
    expect(CLOUD_YAML_PATHS).toEqual([
      './clouds.yaml',
      '~/clouds.yaml',
      '~/.config/openstack/clouds.yaml',
      '/etc/openstack/clouds.yaml',
    ]);
    const paths = ['~/no-such-folder-of-ours/clouds.yaml'];
    const error = await failureOf(readCloudsYaml({ env: {}, paths, cwd: folder }));
    expect(error.message).toContain(join(homedir(), 'no-such-folder-of-ours'));
  });
});

describe('the constants of the Python program', () => {
  test('The constants have the names and values of the Python program', () => {
    expect([MIN_CPU, MIN_RAM, MIN_DISK]).toEqual([2, 1024, 20]);
    expect(SHARED_SECURITY_GROUP_NAME).toBe('github-runner-image-builder-v1');
    expect(CREATE_SERVER_TIMEOUT).toBe(1200);
    expect(DEFAULT_TIMEOUTS.serverTimeout).toBe(CREATE_SERVER_TIMEOUT);
    expect(IMAGE_DEFAULT_APT_PACKAGES).toEqual(
      expect.arrayContaining(['docker.io', 'jq', 'npm', 'shellcheck']),
    );
  });
});
