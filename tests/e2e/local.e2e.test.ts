import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type GithubEmulator, startGithub } from '../support/github/emulator.ts';
import { offerRunner } from '../support/github/offer-runner.ts';
import type { Mirror } from '../support/mirror.ts';
import { findRefused } from './support/acceptance.ts';
import { type Guest, withGuest } from './support/boot.ts';
import { makeContainerArchive } from './support/container-archive.ts';
import { GATEWAY } from './support/lab.ts';
import { packageFlags, startPackageMirror } from './support/packages.ts';
import { imageIdOf, mirrorOptions, runProgram } from './support/program.ts';
import { listImageIds, takeLeftovers } from './support/run-on-lab.ts';

const NAME = 'noble-e2e-local-x64';
let mirror: Mirror;
let github: GithubEmulator;
let container: Awaited<ReturnType<typeof makeContainerArchive>>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2e-local-'));
  mirror = await startPackageMirror('ci');
  github = await startGithub(Date.now, GATEWAY);
  github.state.downloads.push(await offerRunner(mirror.url));
  container = await makeContainerArchive();
});

afterAll(async () => {
  await github.close();
  await mirror.close();
  await container.remove();
  await rm(folder, { recursive: true });
});

/** Returns the bytes that the files in the work folder occupy. */
async function measureFolder(): Promise<number> {
  const files = await readdir(folder, { recursive: true }).catch(() => []); // it is deleted at the end
  const sizes = files.map(
    async (file) => (await stat(join(folder, file)).catch(() => undefined))?.blocks ?? 0,
  );
  return (await Promise.all(sizes)).reduce((sum, blocks) => sum + blocks * 512, 0);
}

test('An image that was built on this host passes the checks of one that was built in the cloud, and its files are gone', async () => {
  const before = await takeLeftovers();
  let most = 0;
  const meter = setInterval(() => {
    void measureFolder().then((bytes) => (most = Math.max(most, bytes)));
  }, 1000);
  const result = await runProgram(
    [
      ...['build-local', ...mirrorOptions(mirror), '--prefix', 'e2e-local', ...packageFlags(mirror, 'ci')],
      ...['--disk', '5', '--memory', '1024', '--work-folder', folder, '--boot-timeout', '1200'],
      ...['--github-api-url', github.apiUrl, '--github-path', 'octo-org/hello'],
    ],
    { env: { IMAGE_BUILDER_GITHUB_TOKEN: github.token }, seconds: 2400 },
  );
  clearInterval(meter);
  const id = imageIdOf(result);
  process.stderr.write(`steps of the local build: ${JSON.stringify(result.json['steps'])}\n`);
  process.stderr.write(`disk of the local build: ${most}, image ${String(result.json['image_bytes'])}\n`);
  expect(await listImageIds(NAME)).toEqual([id]);
  expect(await readdir(folder)).toEqual([]);
  expect(await takeLeftovers()).toEqual(before);
  await withGuest(id, async (guest: Guest) => {
    await guest.run('cloud-init status --wait', { seconds: 400 });
    await guest.run('docker import - lab/busybox', { input: { file: container.path }, seconds: 300 });
    expect(await findRefused(guest, 'ci', mirror.url)).toEqual([]);
  });
}, 3_600_000);
