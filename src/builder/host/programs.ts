import { access, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnitPaths } from '../../model/unit-paths.ts';
import { findLinkTarget, listFolder } from '../../system/files/folders.ts';
import { listProcessPaths, listProcesses, nodePath } from '../../system/process/processes.ts';

/** The program, in each folder of `paths.programs`. */
export const PROGRAM_FILE = 'dist/bin/github-runner-image-builder.js';

/** The daemon, beside it. */
export const SCHEDULER_FILE = 'dist/bin/scheduler.js';

/** Node, when the charm carries one. */
export const NODE_FILE = 'bin/node';

/** The link to the program in use. */
export function currentProgram({ programs }: UnitPaths): string {
  return join(programs, 'current');
}

/**
 * The folder of the program in use, by its own name: what is started from there stays whole while another one comes
 * into use.
 */
export async function resolveCurrentProgram(paths: UnitPaths): Promise<string> {
  const current = currentProgram(paths);
  const target = await findLinkTarget(current);
  return target === undefined ? current : join(paths.programs, target);
}

/** The Node to run a program with: its own, or `otherwise`. */
export async function nodeOf(program: string, otherwise: string = nodePath()): Promise<string> {
  const node = join(program, NODE_FILE);
  return (await isThere(node)) ? node : otherwise;
}

export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Deletes the programs that are not in use any more, and what was half copied. */
export async function removeUnusedPrograms(paths: UnitPaths): Promise<void> {
  const current = await findLinkTarget(currentProgram(paths));
  const names = await listFolder(paths.programs);
  const spare = names.filter((name) => name !== 'current' && name !== current);
  if (spare.length === 0) return;
  const places = await listPlacesInUse();
  const roots = [paths.programs, await realpath(paths.programs)];
  for (const name of spare) {
    const folders = roots.map((root) => join(root, name));
    const isUsed = places.some((place) => folders.some((folder) => isWithin(place, folder)));
    if (!isUsed) await rm(join(paths.programs, name), { recursive: true, force: true });
  }
}

function isWithin(place: string, folder: string): boolean {
  return place === folder || place.startsWith(`${folder}/`);
}

/** All paths that the command lines, the programs and the working folders of processes tell. */
async function listPlacesInUse(): Promise<readonly string[]> {
  const places = (await listProcesses()).map(async ({ pid, args }) => [
    ...args,
    ...(await listProcessPaths(pid)),
  ]);
  return (await Promise.all(places)).flat();
}
