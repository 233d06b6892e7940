import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { findRefused, listAcceptanceCommands } from './support/acceptance.ts';
import { type Guest, withGuest } from './support/boot.ts';
import { CONSUMER_MARKS, GARM_SCRIPT, RUNNER_CHARM_SCRIPT } from './support/consumer-scripts.ts';
import { makeContainerArchive } from './support/container-archive.ts';
import { describeImage } from './support/copies.ts';
import { measureParts, renderImageTable } from './support/image-table.ts';
import { packageFlags, packageSet, readBasePackages, startPackageMirror } from './support/packages.ts';
import type { Mirror } from '../support/mirror.ts';
import { type ProgramResult, imageIdOf, runArguments, runProgram } from './support/program.ts';
import { takeLeftovers } from './support/run-on-lab.ts';

const PREFIX = 'e2e-image';
const SET = packageSet();
/** The full list of packages takes long in a guest without hardware virtualization. */
const BUILD_SECONDS = SET === 'all' ? 7200 : 1500;

let mirror: Mirror;
let container: Awaited<ReturnType<typeof makeContainerArchive>>;

beforeAll(async () => {
  mirror = await startPackageMirror(SET);
  container = await makeContainerArchive();
});

afterAll(async () => {
  await mirror.close();
  await container.remove();
});

const build = (name: string, packages: readonly string[]): Promise<ProgramResult> =>
  runProgram(runArguments(mirror, name, ['--prefix', PREFIX], packages), { seconds: BUILD_SECONDS });

describe('an image with packages', () => {
  let built: ProgramResult;

  test(
    'A build with packages from a mirror makes an image and leaves no other resources',
    async () => {
      const before = await takeLeftovers();
      built = await build('e2e-image-noble-x64', packageFlags(mirror, SET));
      imageIdOf(built);
      process.stderr.write(`steps of the image: ${JSON.stringify(built.json['steps'])}\n`);
      process.stderr.write(`parts of the image: ${JSON.stringify(built.json['parts'])}\n`);
      expect(await takeLeftovers()).toEqual(before);
    },
    BUILD_SECONDS * 1000,
  );

  test('A server of the image runs the boot scripts of both consumers and all that jobs need', async () => {
    const id = imageIdOf(built);
    const check = async (guest: Guest): Promise<void> => {
      await guest.run('cloud-init status --wait', { seconds: 400 });
      await guest.run('cat >garm.sh && sudo -n bash garm.sh', { input: GARM_SCRIPT, seconds: 300 });
      expect(await guest.run(`cat ${CONSUMER_MARKS}`)).toBe('github-runner\ngarm');
      await guest.run('docker import - lab/busybox', { input: { file: container.path }, seconds: 300 });
      expect(await findRefused(guest, SET, mirror.url)).toEqual([]);
      process.stderr.write(`acceptance commands that passed: ${listAcceptanceCommands(SET).length}\n`);
      const { aptDigests, kilobytes } = await readBasePackages(SET);
      const digests = 'cd /etc/apt && find . -type f | LC_ALL=C sort | xargs sha256sum';
      expect(await guest.run(digests)).toBe(aptDigests);
      if (SET === 'all') await recordTable(id, guest, kilobytes);
    };
    await withGuest(id, check, { userData: RUNNER_CHARM_SCRIPT });
  }, 1_200_000);

  async function recordTable(id: string, guest: Guest, base: number): Promise<void> {
    const table = renderImageTable(built.json['parts'], {
      bytes: Number((await describeImage('builder', id))?.['size']),
      packages: Number(await guest.run("dpkg-query -f '.\n' -W | wc -l")),
      kilobytes: await measureParts(guest, base),
    });
    await writeFile(new URL('../../docs/reference/image-contents.md', import.meta.url), table);
  }
});

describe('a build whose packages cannot be installed', () => {
  test('A build names the part, the command and its last lines, and leaves nothing in the cloud', async () => {
    const before = await takeLeftovers();
    const [unknown, missing] = await Promise.all([
      build('e2e-image-unknown', packageFlags(mirror, SET, 'jq,no-such-package')),
      build('e2e-image-missing', packageFlags({ url: `${mirror.url}/nowhere` }, SET)),
    ]);
    expect(describeFailure(unknown)).toMatch(/^5 .*the part apt .*no-such-package/s);
    expect(describeFailure(missing)).toMatch(/^5 .*the part apt .*404 .*apt-get update failed/s);
    expect(await takeLeftovers()).toEqual(before);
  }, 1_800_000);

  function describeFailure({ exitCode, json, stderr }: ProgramResult): string {
    const { message } = json['error'] as { message: string };
    expect(stderr).toContain(message.split('\n')[0]);
    return `${exitCode ?? ''} ${message}`;
  }
});
