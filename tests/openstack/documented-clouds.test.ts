import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { CloudAccess } from '../../src/openstack/login/cloud-access.ts';
import { getCloudAccess, readCloudsYaml } from '../../src/openstack/login/clouds-yaml.ts';
import { listCodeBlocks } from '../support/docs/code-blocks.ts';

const BLOCKS = listCodeBlocks('docs/reference/clouds-yaml.md').filter(({ language }) => language === 'yaml');
const [password, , , , secure] = BLOCKS.map(({ text }) => text);

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'documented-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Reads the files as the program does, and returns all clouds. */
async function readClouds(files: Readonly<Record<string, string>>): Promise<readonly CloudAccess[]> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const yaml = await readCloudsYaml({ env: { HOME: '/home/me' }, paths: ['./clouds.yaml'], cwd: folder });
  return [...yaml.clouds.keys()].map((name) => getCloudAccess(yaml, name));
}

const LOGINS = [
  [{ name: 'images', region: 'north', cacert: '~/ca.pem', auth: { method: 'password' } }],
  [{ name: 'images', auth: { method: 'application_credential' } }],
  [
    { name: 'north', region: 'north', auth: { method: 'password' } },
    { name: 'south', region: 'south', auth: { method: 'password' } },
  ],
  [
    {
      name: 'images',
      interface: 'internal',
      endpoints: { image: 'https://glance.internal.example.com:9292' },
    },
  ],
];

test.each(LOGINS.map((clouds, index) => [index + 1, clouds] as const))(
  'Example %i of the page about clouds.yaml has the documented login',
  async (number, clouds) => {
    const found = await readClouds({ 'clouds.yaml': BLOCKS[number - 1]?.text ?? '' });
    expect(found).toMatchObject(
      clouds.map((cloud) => ({ ...cloud, authUrl: 'https://keystone.example.com:5000/v3' })),
    );
  },
);

test('The example of secure.yaml gives the password that clouds.yaml lacks', async () => {
  expect(BLOCKS).toHaveLength(LOGINS.length + 1);
  const withoutPassword = password?.replace(/ *password: .*\n/, '') ?? '';
  await expect(readClouds({ 'clouds.yaml': withoutPassword })).rejects.toThrow('password');
  const [cloud] = await readClouds({ 'clouds.yaml': withoutPassword, 'secure.yaml': secure ?? '' });
  expect(cloud?.auth.method === 'password' && cloud.auth.password.reveal()).toBe('my-password');
});
