import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

export const ROOT = resolve(import.meta.dirname, '../..');

const run = promisify(execFile);

/** Runs a script of tools/ on the output of `npm run build`. */
export async function runTool(
  tool: 'lay-out-charm' | 'pack-charm' | 'render-reference',
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  await run(process.execPath, [join(ROOT, `tools/${tool}.js`), ...args], { env });
}

/** Returns all files under `folder` with their modes, following links. */
export function listModes(folder: string): ReadonlyMap<string, number> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = paths.map((path) => [path, statSync(join(folder, path))] as const);
  return new Map(
    files.filter(([, stats]) => stats.isFile()).map(([path, { mode }]) => [path, mode & 0o7777]),
  );
}

/** Returns the digest of the program in a laid-out charm. */
export function readDigest(charm: string): string {
  return readFileSync(join(charm, 'program-digest'), 'utf8').trim();
}
