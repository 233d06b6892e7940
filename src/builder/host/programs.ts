import { access, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnitPaths } from '../../model/unit/unit-paths.ts';
import { findLinkTarget, listFolder } from '../../system/files/folders.ts';
import { listProcessPaths, listProcesses, nodePath } from '../../system/process/processes.ts';

/** The path of the program in each folder of `paths.programs`. */
export const PROGRAM_FILE = 'dist/bin/github-runner-image-builder.js';

/** The path of the daemon in the same folder. */
export const SCHEDULER_FILE = 'dist/bin/scheduler.js';

/** The path of Node in the same folder, when the charm contains Node. */
export const NODE_FILE = 'bin/node';

/** Returns the path of the link to the program in use. */
export function currentProgram({ programs }: UnitPaths): string {
  return join(programs, 'current');
}

/**
 * Returns the folder of the program in use, not the link to it. A process that is started from this folder is not
 * affected when an upgrade switches the link.
 */
export async function resolveCurrentProgram(paths: UnitPaths): Promise<string> {
  const current = currentProgram(paths);
  const target = await findLinkTarget(current);
  return target === undefined ? current : join(paths.programs, target);
}

/** Returns the Node that runs a program: the one in its folder, or `fallback`. */
export async function nodeOf(program: string, fallback: string = nodePath()): Promise<string> {
  const node = join(program, NODE_FILE);
  return (await isThere(node)) ? node : fallback;
}

export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Deletes incomplete copies and the programs that no process uses. */
export async function removeUnusedPrograms(paths: UnitPaths): Promise<void> {
  const current = await findLinkTarget(currentProgram(paths));
  const names = await listFolder(paths.programs);
  const unused = names.filter((name) => name !== 'current' && name !== current);
  if (unused.length === 0) return;
  const usedPaths = await listUsedPaths();
  const roots = [paths.programs, await realpath(paths.programs)];
  for (const name of unused) {
    const folders = roots.map((root) => join(root, name));
    const isUsed = usedPaths.some((path) => folders.some((folder) => isWithin(path, folder)));
    if (!isUsed) await rm(join(paths.programs, name), { recursive: true, force: true });
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Lists the arguments, executables and working folders of all processes. */
async function listUsedPaths(): Promise<readonly string[]> {
  const paths = (await listProcesses()).map(async ({ pid, args }) => [
    ...args,
    ...(await listProcessPaths(pid)),
  ]);
  return (await Promise.all(paths)).flat();
}
