import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Inventory, takeInventory } from './inventory.ts';
import { GATEWAY, baseImageFile } from './lab.ts';
import { type Mirror, startMirror } from '../../support/mirror.ts';

/** A mirror whose every base is the tiny guest, but `focal`, which is a disk that no machine boots from. */
export async function startTinyMirror(files: ReadonlyMap<string, string> = new Map()): Promise<Mirror> {
  const folder = await mkdtemp(join(tmpdir(), 'e2e-mirror-'));
  const empty = join(folder, 'empty.qcow2');
  await execa('qemu-img', ['create', '-f', 'qcow2', empty, '256M']);
  const tiny = baseImageFile('tiny');
  const bases = new Map([
    ['noble', tiny],
    ['jammy', tiny],
    ['focal', empty],
  ]);
  const mirror = await startMirror({ bases, files, host: GATEWAY });
  return {
    ...mirror,
    close: async () => {
      await mirror.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** What a build must leave as it was: all but images, and base images with them. */
export async function takeLeftovers(): Promise<
  Omit<Inventory, 'images'> & { readonly unfinished: readonly string[] }
> {
  const { images, ...rest } = await takeInventory();
  const unfinished = images.filter(({ name, status }) => status !== 'active' || name.includes('.building-'));
  return { ...rest, unfinished: unfinished.map(({ name, status }) => `${name} ${status ?? ''}`) };
}

/** The ids of the active images of this name, as another client sees them. */
export async function listImageIds(name: string): Promise<readonly string[]> {
  const { images } = await takeInventory();
  return images.filter((image) => image.name === name && image.status === 'active').map(({ id }) => id);
}
