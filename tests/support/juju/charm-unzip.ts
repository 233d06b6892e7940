import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { readFile, rm, symlink } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type Entry, type ZipFile, fromBufferPromise } from 'yauzl';
import { errorCodeOf } from '../../../src/system/error-code.ts';
import { type CharmFiles, CharmRefused, parseCharm } from './charm-files.ts';

const FILE_TYPE = 0o170000;

const LINK = 0o120000;

/** Unpacks a charm over what is in `folder`; gives the paths of its files. Throws CharmRefused. */
export async function unpackCharm(zipPath: string, folder: string): Promise<readonly string[]> {
  const zip = await fromBufferPromise(await readFile(zipPath)); // at once: it has thousands of small files
  const paths: string[] = [];
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue;
    await unpackEntry(zip, entry, folder);
    paths.push(entry.fileName);
  }
  return paths;
}

async function unpackEntry(zip: ZipFile, entry: Entry, folder: string): Promise<void> {
  const path = join(folder, entry.fileName);
  mkdirSync(dirname(path), { recursive: true });
  const mode = entry.externalFileAttributes >>> 16;
  const content = await buffer(await zip.openReadStreamPromise(entry));
  if ((mode & FILE_TYPE) === LINK) {
    await unpackLink(content.toString(), entry.fileName, path);
    return;
  }
  // In place, not by a rename: a program that still runs from the charm's folder is an error here (ETXTBSY).
  writeFileSync(path, content);
  chmodSync(path, modeOf(entry.fileName, mode));
}

/** Juju makes hooks executable, and nothing else. */
function modeOf(path: string, mode: number): number {
  const given = mode === 0 ? 0o644 : mode & 0o777;
  return path.startsWith('hooks/') ? given | 0o100 : given;
}

async function unpackLink(target: string, name: string, path: string): Promise<void> {
  if (target.startsWith('/') || normalize(join(dirname(name), target)).startsWith('..')) {
    throw new CharmRefused(`${name}: symlink ${target} leads out of the charm`);
  }
  await rm(path, { force: true });
  await symlink(target, path);
}

/** Deletes what the old charm brought and the new one does not; what the charm itself wrote stays. */
export async function removeFormer(
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

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
