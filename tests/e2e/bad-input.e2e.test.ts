import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { wipeImages } from './support/copies.ts';
import { askPython, cloudsYaml } from './support/lab.ts';
import type { Mirror } from '../support/mirror.ts';
import { runArguments, runProgram } from './support/program.ts';
import { startTinyMirror, takeOwnInventory } from './support/run-on-lab.ts';

let mirror: Mirror;
let folder: string;
let before: Awaited<ReturnType<typeof takeOwnInventory>>;

beforeAll(async () => {
  mirror = await startTinyMirror();
  folder = await mkdtemp(join(tmpdir(), 'e2e-input-'));
  before = await takeOwnInventory();
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

/** Runs a build with invalid input. Returns its exit code and its message. */
async function runInvalidBuild(
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

describe('a build with invalid input', () => {
  test('A build on a flavor that does not exist or is too small is refused', async () => {
    expect(await runInvalidBuild(['--flavor', 'lab.missing'])).toMatch(
      /^2 .*--flavor: expected one of .*lab\.runner.*got lab\.missing/,
    );
    expect(await runInvalidBuild(['--flavor', 'lab.small'])).toMatch(
      /^2 .*at least 2 vCPU, 1024 MiB, 20 GiB, got 1 vCPU/,
    );
  });

  test('A build whose server exceeds a quota says which, with the numbers of the cloud', async () => {
    const setCores = async (cores: number): Promise<number> =>
      (await askPython('quota.py', ['builder', String(cores)], 60)) as number;
    const cores = await setCores(1);
    try {
      expect(await runInvalidBuild([])).toMatch(
        /^3 create server: quota: cores \d+ of 1 used, a build needs 2$/,
      );
    } finally {
      await setCores(cores);
      await wipeImages('builder', 'e2e-input-'); // the base image, which a build keeps for the next one
    }
  });

  test('A build on a network that does not exist is refused', async () => {
    expect(await runInvalidBuild(['--network', 'nowhere'])).toMatch(
      /^2 .*--network: expected one of lab, got nowhere/,
    );
  });

  test('A build fails when the mirror lacks the base or the runner version', async () => {
    expect(await runInvalidBuild(['--base-image', 'resolute'])).toMatch(/^4 .*resolute.*answered 404/);
    expect(await runInvalidBuild(['--runner-version', '9.9.9'])).toMatch(/^2 .*9\.9\.9/);
  });

  test('A build with a wrong password fails and does not print the password', async () => {
    const path = await writeCloudsYaml('password.yaml', (text) =>
      text.replace(/password: \S+/g, 'password: hunter22'),
    );
    const message = await runInvalidBuild([], { cloudsYaml: path });
    expect(message).toMatch(/^3 .*log in: the identity service of cloud builder answered 401.*clouds\.yaml/);
    expect(message).not.toContain('hunter22');
  });

  test('A build in a region or a cloud that does not exist is refused', async () => {
    const path = await writeCloudsYaml('region.yaml', (text) => text.replaceAll('lab-a', 'elsewhere'));
    expect(await runInvalidBuild([], { cloudsYaml: path })).toMatch(
      /^2 .*region_name: expected one of lab-a, got elsewhere/,
    );
    expect(await runInvalidBuild(['--os-cloud', 'nobody'])).toMatch(
      /^2 .*expected one of the clouds builder.*got nobody/,
    );
  });

  test('A build on a cloud that is down fails when the API time-out ends', async () => {
    const path = await writeCloudsYaml('down.yaml', (text) => text.replaceAll(':5000', ':5999'));
    expect(await runInvalidBuild(['--api-timeout', '5'], { cloudsYaml: path })).toMatch(/^4 .*ECONNREFUSED/);
  });

  test('An application credential logs in, and the refused builds have left nothing in the cloud', async () => {
    const result = await runProgram(['latest-build-id', 'e2e-none', '--os-cloud', 'builder-appcred']);
    expect(result.json).toMatchObject({ image_id: null });
    expect(await takeOwnInventory()).toEqual(before);
  });
});
