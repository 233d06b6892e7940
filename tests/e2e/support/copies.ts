import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askPython, labHome } from './lab.ts';

/** The record of an image in Glance, read by openstacksdk rather than by the product's own client. */
export type ImageRecord = Readonly<Record<string, unknown>>;

/** Returns the record of an image in this cloud; null when the project has no access to such an image. */
export async function describeImage(cloud: string, id: string): Promise<ImageRecord | null> {
  return (await askPython('image.py', ['describe', cloud, id], 60)) as ImageRecord | null;
}

/** Deletes the project's images whose name begins with `prefix`. */
export async function wipeImages(cloud: string, prefix: string): Promise<void> {
  await askPython('image.py', ['wipe', cloud, prefix], 60);
}

/** Runs `work` while the store of cloud b's Glance has space for only `megabytes`. */
export async function withFullStore<T>(megabytes: number, work: () => Promise<T>): Promise<T> {
  const [pid = ''] = (await readFile(join(labHome(), 'state/run/glance-b.pid'), 'utf8')).split(' ');
  const folder = join(labHome(), 'state/glance-b/images');
  const inside = ['-t', pid, '-m']; // each process of the lab has its own mount namespace
  await execa('nsenter', [...inside, 'mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  try {
    return await work();
  } finally {
    await execa('nsenter', [...inside, 'umount', '-l', folder]);
  }
}
