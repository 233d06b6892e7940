import { cpSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../model/errors.ts';
import { messageOf } from '../model/text/message-of.ts';
import type { UnitPaths } from '../model/unit/unit-paths.ts';
import { readTextFile, writeFileAtomic } from '../system/files/text-file.ts';
import {
  temporaryPath,
  ensureFolder,
  findLinkTarget,
  listTree,
  switchLink,
} from '../system/files/folders.ts';
import { readOwnProcessIdentity } from '../system/process/process-identity.ts';
import { UpgradeApplicationError } from './errors.ts';
import { NODE_FILE, PROGRAM_FILE, currentProgram, isThere, removeUnusedPrograms } from './host/programs.ts';
import type { Host } from './tools.ts';

/** The parts of the charm that form the program. The last one is optional. */
const PARTS = ['dist', 'node_modules', 'package.json', NODE_FILE] as const;

/**
 * Installs the program of the charm in its own folder and switches to it. Returns whether another program was in use
 * before. Throws UpgradeApplicationError; the old program then stays in use.
 */
export async function upgradeApp({ paths, charmDir }: Pick<Host, 'paths' | 'charmDir'>): Promise<boolean> {
  try {
    const digest = await readDigest(charmDir);
    await install(charmDir, join(paths.programs, digest));
    const isChanged = await switchTo(digest, paths);
    await removeUnusedPrograms(paths);
    return isChanged;
  } catch (cause) {
    throw new UpgradeApplicationError(
      `the program in ${charmDir} could not be installed: ${messageOf(cause)}`,
      { cause },
    );
  }
}

async function readDigest(charmDir: string): Promise<string> {
  const path = join(charmDir, 'program-digest');
  const digest = (await readTextFile(path))?.trim();
  if (digest !== undefined && /^[0-9a-f]{8,128}$/.test(digest)) return digest;
  throw new InputError([
    `${path}: expected the digest of the program, got ${digest === undefined ? 'no file' : 'something else'}`,
  ]);
}

async function install(charmDir: string, program: string): Promise<void> {
  if (!(await isThere(join(charmDir, PROGRAM_FILE)))) {
    throw new InputError([`${join(charmDir, PROGRAM_FILE)}: expected the program, got no file`]);
  }
  await ensureFolder(dirname(program), 0o755);
  if (await isInstalled(charmDir, program)) return;
  const draft = temporaryPath(program);
  try {
    for (const part of await partsOf(charmDir)) {
      // the synchronous copy of thousands of small files is twice as fast as copying them one by one
      cpSync(join(charmDir, part), join(draft, part), { recursive: true, dereference: true });
    }
    await recordCheck(draft);
    await rm(program, { recursive: true, force: true }); // exists only when it is damaged
    await rename(draft, program);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function partsOf(folder: string): Promise<readonly string[]> {
  const parts = await Promise.all(
    PARTS.map(async (part) => [part, await isThere(join(folder, part))] as const),
  );
  return parts.filter(([part, isPresent]) => isPresent || part !== NODE_FILE).map(([part]) => part);
}

/**
 * Reports whether the program is installed completely. A loss of power can leave a copy with empty files, so the copy
 * is checked once after each boot.
 */
async function isInstalled(charmDir: string, program: string): Promise<boolean> {
  if (!(await isThere(join(program, PROGRAM_FILE)))) return false;
  if ((await readTextFile(checkedBootFile(program))) === readBootId()) return true;
  if (!(await isSame(charmDir, program))) return false;
  await recordCheck(program);
  return true;
}

async function recordCheck(program: string): Promise<void> {
  await writeFileAtomic(checkedBootFile(program), readBootId(), 0o644);
}

function checkedBootFile(program: string): string {
  return join(program, 'checked-in-boot');
}

function readBootId(): string {
  return readOwnProcessIdentity().boot;
}

/** Reports whether all files are present and have the same sizes. */
async function isSame(charmDir: string, program: string): Promise<boolean> {
  const [wanted, present] = [await partsOf(charmDir), await partsOf(program)];
  if (!isDeepStrictEqual(wanted, present)) return false;
  const trees = wanted.filter((part) => part === 'dist' || part === 'node_modules');
  for (const part of trees) {
    const [from, to] = [join(charmDir, part), join(program, part)];
    if (!(await isThere(to)) || !isDeepStrictEqual(await listTree(from), await listTree(to))) return false;
  }
  return (
    (await readTextFile(join(charmDir, 'package.json'))) ===
    (await readTextFile(join(program, 'package.json')))
  );
}

async function switchTo(digest: string, paths: UnitPaths): Promise<boolean> {
  const current = currentProgram(paths);
  if ((await findLinkTarget(current)) === digest) return false;
  await switchLink(current, digest);
  return true;
}
