import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  BUILD_OPENSTACK_IMAGE_SCRIPT_FILENAME,
  IMAGE_NAME,
  IMAGE_PATH_TMPL,
} from '../../../src/runner/local/build-image.ts';
import { changeImage } from '../../support/openstack/glance/images.ts';
import { IMAGE, describeWithQemuImg, useLocalBuild } from './use-local-build.ts';

const FILE = 'noble-server-cloudimg-amd64-compressed.img';

describeWithQemuImg('build-local', () => {
  const at = useLocalBuild();
  const images = () =>
    [...at.emulator.cloud('a').state.images.values()].filter(({ name }) => name.startsWith(IMAGE));
  const dataOf = (id: string) => at.emulator.cloud('a').state.imageData.get(id);

  test('A local build boots a guest, installs the parts, and uploads its disk under the name of IMAGE_NAME', async () => {
    const { code, json, err } = await at.build();
    expect({ code, problem: /ERROR[^]*/.exec(err)?.[0] }).toEqual({ code: 0, problem: undefined });
    expect(IMAGE_NAME).toBe('{IMAGE_BASE}-{APP_NAME}-{ARCH}');
    expect(images()).toMatchObject([
      { name: IMAGE, status: 'active', min_disk: 1, architecture: 'x86_64', image_builder_kind: 'runner' },
    ]);
    expect(json).toMatchObject({ image_name: IMAGE, image_id: images()[0]?.id, runner_version: '2.331.0' });
    expect(images()[0]?.['image_builder_inputs_sha256']).toMatch(/^[0-9a-f]{64}$/);
    expect(err).toContain('the guest is emulated');
    expect(await at.left()).toEqual([]);
  });

  test('The uploaded disk has what the guest installed, and none of its keys', async () => {
    const { json } = await at.build(['--output-folder', join(at.folder, 'output')]);
    const raw = await at.readDisk(join(at.folder, 'output', FILE));
    expect(raw).toContain('/usr/local/share/installed\nhostname\n');
    expect(raw).not.toMatch(/OPENSSH PRIVATE KEY|ssh-ed25519/);
    const file = await readFile(join(at.folder, 'output', FILE));
    expect(dataOf(String(json['image_id']))?.equals(file)).toBe(true);
  });

  test('The output folder gets the disk image and the script of the parts, and nothing else', async () => {
    await at.build(['--output-folder', join(at.folder, 'output')]);
    expect(IMAGE_PATH_TMPL).toBe('{IMAGE_BASE}-server-cloudimg-{ARCH}-compressed.img');
    expect(await readdir(join(at.folder, 'output'))).toEqual([BUILD_OPENSTACK_IMAGE_SCRIPT_FILENAME, FILE]);
    const script = await readFile(join(at.folder, 'output', BUILD_OPENSTACK_IMAGE_SCRIPT_FILENAME), 'utf8');
    for (const part of ['hostname', 'users', 'runner', 'sysctl']) {
      expect(script).toContain(`# installs the part ${part}\n`);
    }
    expect(script).toContain('2.331.0');
  });

  test('An image of the name is replaced without a moment in which there is none', async () => {
    const first = await at.build();
    const { state } = at.emulator.cloud('a');
    changeImage(state, String(first.json['image_id']), { created_at: '2026-01-01T00:00:00Z' }); // not in one second
    const active: number[] = [];
    const count = (): void => {
      active.push(images().filter(({ name, status }) => name === IMAGE && status === 'active').length);
    };
    for (const call of ['POST /image/v2/images', 'PATCH /image/v2/images/*', 'DELETE /image/v2/images/*']) {
      at.emulator.cloud('a').faults.onNext(call, count);
    }
    const second = await at.build();
    expect(active).toEqual([1, 1, 2]);
    expect(images()).toMatchObject([{ id: second.json['image_id'] }]);
    expect(first.json['image_id']).not.toBe(second.json['image_id']);
  });

  test('A launch without an image takes the image of a local build', async () => {
    const { json } = await at.build();
    const { json: found } = await at.run(['latest-build-id', IMAGE, '--os-cloud', 'builder']);
    expect(found['image_id']).toBe(json['image_id']);
  });

  test('No secret is in an argument of QEMU or in a file of the work folder', async () => {
    await at.standIn('stays on');
    const { code } = await at.build(['--proxy', 'http://proxy.example.com:3128', '--shutdown-timeout', '1']);
    expect(code).toBe(4);
    const { args, files } = await at.readRecord();
    const text = [...args, ...files].join('\n');
    expect(args).toContain('-netdev');
    expect(files.join('\n')).toContain('ssh-ed25519');
    expect(text).not.toMatch(/PRIVATE KEY/);
    expect(text).not.toContain(at.github.token);
  });

  test('KVM is used where QEMU can use it', async () => {
    await at.standIn('has KVM');
    const { code, err } = await at.build();
    expect([code, err.includes('the guest is emulated')]).toEqual([0, false]);
    expect((await at.readRecord()).args.join(' ')).toContain('-accel kvm');
  });
});
