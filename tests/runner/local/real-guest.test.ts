import { existsSync } from 'node:fs';
import { readdir, rm, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { describe, expect, test } from '@jest/globals';
import { offerRunner } from '../../support/github/offer-runner.ts';
import { startMirror } from '../../support/mirror.ts';
import { IMAGE, useLocalBuild } from './use-local-build.ts';

const QEMU = '/usr/bin/qemu-system-x86_64';
/** The small guest of the lab, which `openstack-lab image` builds. */
const TINY = join(env['LAB_HOME'] ?? join(homedir(), '.cache/openstack-lab'), 'cache/base-tiny.qcow2');

const declare = existsSync(QEMU) && existsSync(TINY) ? describe : describe.skip;

declare(`a local build with QEMU (skipped without ${QEMU} and the lab's small guest)`, () => {
  const at = useLocalBuild();

  test('A guest that QEMU boots is built, shut down and uploaded, and its image can be built on again', async () => {
    await rm(join(at.folder, 'bin/qemu-system-x86_64'));
    await symlink(QEMU, join(at.folder, 'bin/qemu-system-x86_64'));
    const output = join(at.folder, 'output');
    const image = join(output, 'noble-server-cloudimg-amd64-compressed.img');
    for (const base of [TINY, image]) {
      const mirror = await startMirror({ bases: new Map([['noble', base]]) });
      const offer = await offerRunner(mirror.url);
      const url = offer.download_url.replace('127.0.0.1', '10.0.2.2'); // this host, as the guest sees it
      at.github.state.downloads.splice(0, 1, { ...offer, download_url: url });
      const options = ['--cloud-images-url', mirror.url, '--output-folder', output, '--memory', '512'];
      const { code, json, err } = await at.build(options);
      await mirror.close();
      expect({ code, problem: /ERROR[^]*/.exec(err)?.[0] }).toEqual({ code: 0, problem: undefined });
      expect(json).toMatchObject({ image_name: IMAGE, warnings: [] });
      expect(await at.left()).toEqual([]);
      expect(await readdir(output)).toHaveLength(2);
    }
  }, 300_000);
});
