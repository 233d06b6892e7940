import { createWriteStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** Fast: the node binary is large, and the zip is read only once. */
const COMPRESSION_LEVEL = 1;

/** Packs `folder` like charmcraft: keeps modes, follows links, leaves out empty folders. */
export async function zipCharm(folder: string, target: string): Promise<void> {
  const zip = new ZipFile();
  for (const path of await listFiles(folder, '')) {
    const { mode, mtime } = await stat(join(folder, path));
    zip.addFile(join(folder, path), path, { mode, mtime, compressionLevel: COMPRESSION_LEVEL });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(target));
}

async function listFiles(folder: string, under: string): Promise<readonly string[]> {
  const names = await readdir(join(folder, under));
  const found: string[] = [];
  for (const name of names.sort()) {
    const path = under === '' ? name : `${under}/${name}`;
    const isFolder = (await stat(join(folder, path))).isDirectory();
    found.push(...(isFolder ? await listFiles(folder, path) : [path]));
  }
  return found;
}
