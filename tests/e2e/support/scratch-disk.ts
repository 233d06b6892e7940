import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { execa } from 'execa';
import { askPython } from './lab.ts';

const CHUNK = 4 << 20;

interface Extent {
  readonly start: number;
  readonly length: number;
  readonly data: boolean;
  readonly zero: boolean;
}

/** Downloads an image, converts it to a sparse raw disk, calls `use` with that file and deletes it afterwards. */
export async function withRawDisk<T>(
  imageId: string,
  cloud: string,
  use: (rawFile: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'e2e-disk-'));
  try {
    const downloaded = join(folder, 'image');
    const rawFile = join(folder, 'disk.raw');
    await askPython('image.py', ['download', cloud, imageId, downloaded], 300);
    await execa('qemu-img', ['convert', '-O', 'raw', downloaded, rawFile], { timeout: 300_000 });
    await rm(downloaded);
    return await use(rawFile);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Mounts a raw disk that is one file system without a partition table. Unmounts it even when `use` fails. */
export async function withMounted<T>(
  rawFile: string,
  use: (root: string) => Promise<T>,
  mode: 'ro' | 'rw' = 'ro',
): Promise<T> {
  const root = `${rawFile}.mounted`;
  const { stdout: device } = await execa('losetup', ['-f', '--show', rawFile], { timeout: 30_000 });
  try {
    await mkdir(root);
    // The device is writable so that ext4 can replay its journal: the search must see what the next boot sees.
    await execa('mount', ['-t', 'ext4', '-o', mode, device, root], { timeout: 60_000 });
    try {
      return await use(root);
    } finally {
      await execa('umount', [root], { timeout: 60_000 });
    }
  } finally {
    await execa('losetup', ['-d', device], { timeout: 30_000 });
  }
}

/** Returns the parts of a raw disk that contain data, without holes. */
export async function listExtents(rawFile: string): Promise<readonly Extent[]> {
  const args = ['map', '--output=json', '-f', 'raw', rawFile];
  const { stdout } = await execa('qemu-img', args, { timeout: 60_000 });
  const extents = JSON.parse(stdout) as readonly Extent[];
  return extents.filter((extent) => extent.data && !extent.zero);
}

/** Reads a part of a file, by default the whole file, in chunks. */
export async function* readChunks(path: string, start = 0, length = Infinity): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    const end = start + length;
    let at = start;
    while (at < end) {
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK, end - at));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
