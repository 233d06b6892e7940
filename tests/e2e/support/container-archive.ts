import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** A tar archive that `docker import` makes an image of. */
interface ContainerArchive {
  readonly path: string;
  remove(): Promise<void>;
}

/** Creates the archive of a container that has only the static busybox of this machine, as /bin/busybox. */
export async function makeContainerArchive(): Promise<ContainerArchive> {
  const folder = await mkdtemp(join(tmpdir(), 'e2e-container-'));
  const path = join(folder, 'busybox.tar');
  await mkdir(join(folder, 'root/bin'), { recursive: true });
  await copyFile('/bin/busybox', join(folder, 'root/bin/busybox'));
  await execa('tar', ['-cf', path, '-C', join(folder, 'root'), '.'], { timeout: 30_000 });
  return { path, remove: () => rm(folder, { recursive: true }) };
}
