import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { takeInventory } from './support/inventory.ts';
import { cloudsYaml } from './support/lab.ts';
import type { Mirror } from '../support/mirror.ts';
import { runArguments, runProgram } from './support/program.ts';
import { startTinyMirror } from './support/run-on-lab.ts';

let mirror: Mirror;
let folder: string;
let before: Awaited<ReturnType<typeof takeInventory>>;

beforeAll(async () => {
  mirror = await startTinyMirror();
  folder = await mkdtemp(join(tmpdir(), 'e2e-input-'));
  before = await takeInventory();
});

afterAll(async () => {
  await mirror.close();
  await rm(folder, { recursive: true });
});

async function writeCloudsYaml(name: string, change: (text: string) => string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, change(await readFile(cloudsYaml(), 'utf8')), { mode: 0o600 });
  return path;
}

/** Runs a build that cannot be, and gives its exit code and message. */
async function refuse(
  more: readonly string[],
  options: Parameters<typeof runProgram>[1] = {},
): Promise<string> {
  const args = runArguments(mirror, 'e2e-input', ['--prefix', 'e2e-input', ...more]);
  const { exitCode, json, stderr } = await runProgram(args, options);
  expect(stderr).not.toContain('    at '); // no stack trace
  const { message } = json['error'] as { message: string };
  expect(stderr).toContain(message);
  return `${exitCode ?? ''} ${message}`;
}

describe('what cannot be built is refused with one message, before anything is made', () => {
  test('a flavor that is not there, and one that is too small', async () => {
    expect(await refuse(['--flavor', 'LAB.RUNNER'])).toMatch(
      /^2 .*--flavor: expected one of .*lab\.runner.*got LAB/,
    );
    expect(await refuse(['--flavor', 'lab.small'])).toMatch(
      /^2 .*at least 2 vCPU, 1024 MiB, 20 GiB, got 1 vCPU/,
    );
  });

  test('a network that is not there', async () => {
    expect(await refuse(['--network', 'nowhere'])).toMatch(
      /^2 .*--network: expected one of lab, got nowhere/,
    );
  });

  test('a base that the mirror has not, and a runner version that it has not', async () => {
    expect(await refuse(['--base-image', 'resolute'])).toMatch(/^5 .*resolute.*answered 404/);
    expect(await refuse(['--runner-version', '9.9.9'])).toMatch(/^5 .*runner's release.*answered 404/);
  });

  test('a wrong password, and it is not shown', async () => {
    const path = await writeCloudsYaml('password.yaml', (text) =>
      text.replace(/password: \S+/g, 'password: hunter22'),
    );
    const told = await refuse([], { cloudsYaml: path });
    expect(told).toMatch(/^3 .*log in: the identity service of cloud builder answered 401.*clouds\.yaml/);
    expect(told).not.toContain('hunter22');
  });

  test('a region that the cloud has not, and a cloud that clouds.yaml has not', async () => {
    const path = await writeCloudsYaml('region.yaml', (text) => text.replaceAll('lab-a', 'elsewhere'));
    expect(await refuse([], { cloudsYaml: path })).toMatch(
      /^2 .*region_name: expected one of lab-a, got elsewhere/,
    );
    expect(await refuse(['--os-cloud', 'nobody'])).toMatch(
      /^2 .*expected one of the clouds builder.*got nobody/,
    );
  });

  test('a cloud that is down', async () => {
    const path = await writeCloudsYaml('down.yaml', (text) => text.replaceAll(':5000', ':5999'));
    expect(await refuse(['--api-timeout', '5'], { cloudsYaml: path })).toMatch(/^4 .*ECONNREFUSED/);
  });

  test('and the application credential of clouds.yaml logs in as well as the password', async () => {
    const result = await runProgram(['latest-build-id', 'e2e-none', '--os-cloud', 'builder-appcred']);
    expect(result.json).toMatchObject({ image_id: null });
    expect(await takeInventory()).toEqual(before);
  });
});
