import { createHash } from 'node:crypto';
import { chmod, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execPath } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import { findProcessIdentity } from '../../../src/system/process/process-identity.ts';
import { IMAGE, describeWithQemuImg, useLocalBuild } from './use-local-build.ts';

const PROGRAM = resolve(import.meta.dirname, '../../../src/bin/github-runner-image-builder.ts');
const LOADER = resolve(import.meta.dirname, '../../../tools/typescript.js');
const SUMS = '/jammy/current/SHA256SUMS';

describeWithQemuImg('a local build that fails', () => {
  const at = useLocalBuild(async () => {
    expect(await at.left()).toEqual([]);
    expect(images()).toEqual([]);
  });
  const images = () =>
    [...at.emulator.cloud('a').state.images.values()].filter(({ name }) => name.startsWith(IMAGE));
  const program = (name: string): string => join(at.folder, 'bin', name);

  /** Runs a build and returns its exit code and its only error. */
  async function fail(more: readonly string[] = []): Promise<Readonly<Record<string, unknown>>> {
    const { code, json, err } = await at.build(more);
    expect(err.match(/^ERROR/gm)).toHaveLength(1);
    return { code, ...(json['error'] as object) };
  }

  test('The error on a host without QEMU names all packages to install', async () => {
    await rm(program('qemu-system-x86_64'));
    await rm(program('qemu-img'));
    expect(await fail()).toMatchObject({
      ...{ code: 2, kind: 'input', type: 'ImageBuildError', step: 'check host' },
      message: expect.stringContaining(
        'qemu-system-x86_64 and qemu-img: no such program in PATH; install it with: apt install qemu-system-x86 qemu-utils',
      ),
    });
    expect(at.github.requests).toEqual([]);
  });

  test('An architecture that no local build is made for is refused', async () => {
    const { message } = await fail(['--arch', 's390x']);
    expect(message).toContain('--arch: expected x64, arm64 or arm for a local build, got s390x');
  });

  test('A base that has no cloud image for the architecture is a problem that names the file', async () => {
    at.files.set(SUMS, `${'a'.repeat(64)} *jammy-server-cloudimg-arm64.img\n`);
    const { message } = await fail(['--base-image', 'jammy']);
    expect(message).toContain('expected a line for jammy-server-cloudimg-amd64.img, found none');
  });

  test('A runner that GitHub does not offer for the architecture is a problem that names those that it offers', async () => {
    await symlink(program('qemu-system-x86_64'), program('qemu-system-aarch64'));
    const { message } = await fail(['--arch', 'arm64']);
    expect(message).toContain('offers no runner for linux arm64, only: linux x64');
  });

  test('A runner without a checksum is refused', async () => {
    const [offer] = at.github.state.downloads;
    if (offer !== undefined) at.github.state.downloads.splice(0, 1, { ...offer, sha256_checksum: '' });
    expect((await fail())['message']).toContain('expected a file with version and SHA-256');
  });

  test('A wrong token for GitHub is refused before anything is downloaded', async () => {
    at.github.state.tokens.clear();
    expect(await fail()).toMatchObject({ code: 3, kind: 'denied', step: 'resolve runner release' });
    expect(at.mirror.requests.filter(({ path }) => path.includes('cloudimg'))).toEqual([]);
  });

  test('A base image with another checksum is not booted', async () => {
    await at.standIn('has KVM');
    at.files.set('/noble/current/SHA256SUMS', `${'a'.repeat(64)} *noble-server-cloudimg-amd64.img\n`);
    const { message } = await fail();
    expect(message).toContain(`expected SHA-256 ${'a'.repeat(64)}, got`);
    await expect(at.readRecord()).rejects.toThrow('ENOENT');
  });

  test('A disk that is smaller than the base image is refused with the smallest size', async () => {
    await execa('/usr/bin/qemu-img', ['resize', '-f', 'qcow2', at.base, '3G']);
    const sum = createHash('sha256').update(await readFile(at.base));
    at.files.set('/noble/current/SHA256SUMS', `${sum.digest('hex')} *noble-server-cloudimg-amd64.img\n`);
    expect((await fail())['message']).toContain(
      '--disk: expected at least 3, the size of the base image, got 1',
    );
  });

  test('A work folder without enough free space is refused before the download', async () => {
    const { message } = await fail(['--disk', '900000']);
    expect(message).toMatch(/expected 1350000\.0 GiB of free space, got [\d.]+ GiB; set --work-folder/);
    expect(at.mirror.requests.filter(({ path }) => path.endsWith('.img'))).toEqual([]);
  });

  test('A disk that becomes full is named as the reason', async () => {
    await rm(program('qemu-img'));
    const full = 'qemu-img: error while writing at byte 0: No space left on device';
    await writeFile(
      program('qemu-img'),
      `#!/bin/sh\n[ "$1" = convert ] && { echo "${full}" >&2; exit 1; }\nexec /usr/bin/qemu-img "$@"\n`,
    );
    await chmod(program('qemu-img'), 0o755);
    const { step, message } = await fail();
    expect(step).toBe('compress image');
    expect(message).toContain('No space left on device; set --work-folder to a larger disk');
  });

  test('A work folder that does not exist is refused', async () => {
    const { message } = await fail(['--work-folder', join(at.folder, 'none')]);
    expect(message).toContain('--work-folder: expected a folder that exists');
  });

  test('QEMU that does not start is a problem with its own reason', async () => {
    await at.standIn('no start');
    const { message } = await fail();
    expect(message).toContain(
      'QEMU has ended: exit code 1\n  qemu-system-x86_64: could not set up host forwarding rule',
    );
  });

  test('A guest that prints no host key is stopped at the time-out', async () => {
    await at.standIn('silent');
    const { code, message } = await fail(['--boot-timeout', '4']);
    expect(code).toBe(4);
    expect(message).toContain(
      'to print the fingerprint of its SSH host key on its console (last seen: nothing)',
    );
    await expectEnded((await at.readRecord()).pid);
  });

  test('A part that cannot be installed is named with its last lines', async () => {
    await at.standIn('runner fails');
    const { step, message } = await fail();
    expect(step).toBe('install parts');
    expect(message).toContain('the part runner could not be installed in the guest: it exited with code 7');
  });

  test('QEMU that ends while parts are installed is the reason of the failure', async () => {
    await at.standIn('crashes');
    const { step, message } = await fail();
    expect(step).toBe('install parts');
    expect(message).toContain('QEMU has ended: exit code 1\n  qemu-system-x86_64: KVM internal error');
  });

  test('An upload that fails leaves no image and no file', async () => {
    at.emulator.cloud('a').killNextUpload();
    expect(await fail()).toMatchObject({ type: 'ImageBuildError', step: 'upload image' });
  });

  test('A build that is stopped ends QEMU and deletes its files', async () => {
    await at.standIn('silent');
    const stop = new AbortController();
    const building = at.build([], stop.signal);
    const { pid } = await waitForRecord();
    stop.abort();
    expect((await building).json['error']).toMatchObject({ kind: 'cancelled' });
    await expectEnded(pid);
  });

  test('QEMU ends with a program that was killed, and the next build deletes the files', async () => {
    await at.standIn('silent');
    const env = { PATH: join(at.folder, 'bin'), IMAGE_BUILDER_GITHUB_TOKEN: at.github.token };
    const options = { cwd: at.folder, env, extendEnv: false, reject: false };
    const child = execa(execPath, ['--import', LOADER, PROGRAM, ...at.arguments()], options);
    const { pid } = await waitForRecord();
    child.kill('SIGKILL');
    await child;
    await expectEnded(pid);
    const [left] = await at.left();
    expect(await readdir(join(at.folder, 'work', left ?? ''))).toContain('disk.qcow2');
    await at.standIn('no start');
    expect((await at.build()).json['swept']).toEqual([join(at.folder, 'work', left ?? '')]);
  });

  const waitForRecord = () =>
    poll(async () => {
      const text = await readFile(join(at.folder, 'record.json'), 'utf8').catch(() => '');
      return text.endsWith('}') ? at.readRecord() : undefined;
    });
  const expectEnded = (pid: number) =>
    poll(() => Promise.resolve(findProcessIdentity(pid) === undefined ? true : undefined));
});

async function poll<T>(probe: () => Promise<T | undefined>): Promise<T> {
  for (let left = 300; left > 0; left--) {
    const found = await probe();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error('waited 30 s in vain');
}
