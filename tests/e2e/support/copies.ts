import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askPython, labHome } from './lab.ts';

/** What Glance tells of an image, as another client than the product's reads it. */
export type ImageRecord = Readonly<Record<string, unknown>>;

/** The image as this cloud tells it; `null` when its project sees none. */
export async function describeImage(cloud: string, id: string): Promise<ImageRecord | null> {
  return (await askPython('image.py', ['describe', cloud, id], 60)) as ImageRecord | null;
}

/** Deletes the project's images whose name begins with `prefix`. */
export async function wipeImages(cloud: string, prefix: string): Promise<void> {
  await askPython('image.py', ['wipe', cloud, prefix], 60);
}

/** Runs `work` while the store of cloud b's Glance has room for `megabytes` only. */
export async function withFullStore<T>(megabytes: number, work: () => Promise<T>): Promise<T> {
  const [pid = ''] = (await readFile(join(labHome(), 'state/run/glance-b.pid'), 'utf8')).split(' ');
  const folder = join(labHome(), 'state/glance-b/images');
  const inside = ['-t', pid, '-m']; // each of the lab's processes has a mount namespace of its own
  await execa('nsenter', [...inside, 'mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  try {
    return await work();
  } finally {
    await execa('nsenter', [...inside, 'umount', '-l', folder]);
  }
}
