import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

export const ROOT = resolve(import.meta.dirname, '../..');

const run = promisify(execFile);

/** Runs a tool of tools/ on what `npm run build` has compiled. */
export async function runTool(
  tool: 'lay-out-charm' | 'pack-charm' | 'render-reference',
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  await run(process.execPath, [join(ROOT, `tools/${tool}.js`), ...args], { env });
}

/** All files under `folder` with their modes, links followed. */
export function listModes(folder: string): ReadonlyMap<string, number> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = paths.map((path) => [path, statSync(join(folder, path))] as const);
  return new Map(files.filter(([, it]) => it.isFile()).map(([path, { mode }]) => [path, mode & 0o7777]));
}

/** The digest of the program in a laid-out charm. */
export function readDigest(charm: string): string {
  return readFileSync(join(charm, 'program-digest'), 'utf8').trim();
}
