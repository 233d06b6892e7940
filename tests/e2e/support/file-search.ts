import { readFile, readdir, readlink, stat } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join, relative } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { searchChunks, type Hit, type Searcher } from './pattern-search.ts';
import { readChunks } from './scratch-disk.ts';

/** A pattern that was found, and its place in the file system. */
export interface FileHit {
  readonly hit: Hit;
  readonly where: string;
}

const SMALL = 4 << 20;

/** Reports whether zlib threw the error. instanceof does not work, because under Jest the error is of another realm. */
function isZlibError(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('Z_')
  );
}

/** Yields the unpacked data. The stream ends early at the end of a truncated file or at data that is not gzip. */
async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const unpacked = createGunzip();
  // The callback ignores errors because the pipeline also raises them in the loop below.
  pipeline(Readable.from(chunks, { objectMode: false }), unpacked, () => undefined);
  try {
    for await (const chunk of unpacked) yield chunk as Buffer;
  } catch (error) {
    if (!isZlibError(error)) throw error;
  }
}

function isGzip(start: Buffer): boolean {
  return start.length > 2 && start[0] === 0x1f && start[1] === 0x8b;
}

async function* oneChunk(buffer: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(buffer);
}

async function firstBytes(path: string): Promise<Buffer> {
  for await (const chunk of readChunks(path, 0, 3)) return chunk;
  return Buffer.alloc(0);
}

async function searchFile(path: string, shown: string, searcher: Searcher): Promise<readonly FileHit[]> {
  const { size } = await stat(path);
  if (size === 0) return [];
  const small = size <= SMALL ? await readFile(path) : undefined;
  const chunks = (): AsyncIterable<Buffer> => (small === undefined ? readChunks(path) : oneChunk(small));
  const hits = small === undefined ? await searchChunks(chunks(), searcher) : searcher.search(small, 0);
  const packed = isGzip(small ?? (await firstBytes(path)))
    ? await searchChunks(gunzip(chunks()), searcher)
    : [];
  return [
    ...hits.map((hit) => ({ hit, where: `file ${shown}` })),
    ...packed.map((hit) => ({ hit, where: `gzip ${shown}` })),
  ];
}

function searchText(text: string, where: string, searcher: Searcher): readonly FileHit[] {
  return searcher.search(Buffer.from(text), 0).map((hit) => ({ hit, where }));
}

async function searchEntry(root: string, entry: Dirent, searcher: Searcher): Promise<readonly FileHit[]> {
  const path = join(entry.parentPath, entry.name);
  const shown = `/${relative(root, path)}`;
  const named = searchText(entry.name, `name ${shown}`, searcher);
  if (entry.isFile()) return [...named, ...(await searchFile(path, shown, searcher))];
  if (!entry.isSymbolicLink()) return named;
  return [...named, ...searchText(await readlink(path), `link ${shown}`, searcher)];
}

/** Searches a folder recursively: contents, unpacked gzip contents, file names and the targets of links. */
export async function searchTree(root: string, searcher: Searcher): Promise<readonly FileHit[]> {
  const hits: FileHit[] = [];
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  for (const entry of entries) hits.push(...(await searchEntry(root, entry, searcher)));
  return hits;
}
