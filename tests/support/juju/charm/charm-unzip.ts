import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { readFile, rm, symlink } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';
import { type Entry, fromBufferPromise } from 'yauzl';
import { errorCodeOf } from '../../../../src/system/error-code.ts';
import { type CharmFiles, CharmRefused, parseCharm } from './charm-files.ts';

const FILE_TYPE = 0o170000;

const SYMLINK = 0o120000;

/** The size of a local file header in a zip, without the name. */
const LOCAL_HEADER = 30;

const DEFLATED = 8;

/** Unpacks a charm over the contents of `folder` and returns the paths of its files. Throws CharmRefused. */
export async function unpackCharm(zipPath: string, folder: string): Promise<readonly string[]> {
  const bytes = await readFile(zipPath);
  const zip = await fromBufferPromise(bytes);
  const paths: string[] = [];
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue;
    await unpackEntry(bytes, entry, folder);
    paths.push(entry.fileName);
  }
  return paths;
}

async function unpackEntry(zip: Buffer, entry: Entry, folder: string): Promise<void> {
  const path = join(folder, entry.fileName);
  mkdirSync(dirname(path), { recursive: true });
  const mode = entry.externalFileAttributes >>> 16;
  const content = contentOf(zip, entry);
  if ((mode & FILE_TYPE) === SYMLINK) {
    await unpackLink(content.toString(), entry.fileName, path);
    return;
  }
  // In place, not with a rename: like in Juju, a program that still runs from the charm's folder causes ETXTBSY.
  writeFileSync(path, content);
  chmodSync(path, modeOf(entry.fileName, mode));
}

/** Decompresses an entry without a stream, since a charm has thousands of small files. */
function contentOf(zip: Buffer, { fileName, ...entry }: Entry): Buffer {
  const header = entry.relativeOffsetOfLocalHeader;
  const start = header + LOCAL_HEADER + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const packed = zip.subarray(start, start + entry.compressedSize);
  const content = entry.compressionMethod === DEFLATED ? inflateRawSync(packed) : packed;
  if (crc32(content) === entry.crc32) return content;
  throw new CharmRefused(`zip: checksum error in ${fileName}`);
}

/** Returns the mode of an unpacked file. Juju makes hooks executable and keeps all other modes. */
function modeOf(path: string, mode: number): number {
  const given = mode === 0 ? 0o644 : mode & 0o777;
  return path.startsWith('hooks/') ? given | 0o100 : given;
}

async function unpackLink(target: string, name: string, path: string): Promise<void> {
  if (target.startsWith('/') || normalize(join(dirname(name), target)).startsWith('..')) {
    throw new CharmRefused(`${name}: symlink ${target} points outside the charm`);
  }
  await rm(path, { force: true });
  await symlink(target, path);
}

/** Deletes files of the old charm that the new charm lacks; files that the charm wrote itself remain. */
export async function removeObsoleteFiles(
  former: readonly string[],
  present: readonly string[],
  folder: string,
): Promise<void> {
  for (const path of former) {
    if (!present.includes(path)) await rm(join(folder, path), { force: true });
  }
}

/** Reads the YAML files of an unpacked charm. Throws CharmRefused. */
export async function readCharm(folder: string): Promise<CharmFiles> {
  const [metadata, config, actions, manifest] = await Promise.all(
    ['metadata', 'config', 'actions', 'manifest'].map((name) => readOptional(join(folder, `${name}.yaml`))),
  );
  if (metadata === undefined) throw new CharmRefused('metadata.yaml is missing');
  return parseCharm({ metadata, config, actions, manifest });
}

/** Reads the YAML files of a packed charm. Throws CharmRefused. */
export async function readPackedCharm(zipPath: string): Promise<CharmFiles> {
  const bytes = await readFile(zipPath);
  const zip = await fromBufferPromise(bytes);
  const texts = new Map<string, string>();
  for await (const entry of zip.eachEntry()) {
    if (/^(?:metadata|config|actions|manifest)\.yaml$/.test(entry.fileName)) {
      texts.set(entry.fileName, contentOf(bytes, entry).toString());
    }
  }
  const metadata = texts.get('metadata.yaml');
  if (metadata === undefined) throw new CharmRefused('metadata.yaml is missing');
  const [config, actions] = [texts.get('config.yaml'), texts.get('actions.yaml')];
  return parseCharm({ metadata, config, actions, manifest: texts.get('manifest.yaml') });
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
