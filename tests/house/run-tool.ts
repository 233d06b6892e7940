import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

export const ROOT = resolve(import.meta.dirname, '../..');

const run = promisify(execFile);

/** Runs a script of tools/ on the output of `npm run build`, and returns its standard output. */
export async function runTool(
  tool: 'lay-out-charm' | 'pack-charm' | 'render-reference',
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const { stdout } = await run(process.execPath, [join(ROOT, `tools/${tool}.js`), ...args], { env });
  return stdout;
}

/** The machines in the header of an ELF file. */
export const MACHINES = { amd64: 0x3e, arm64: 0xb7, riscv64: 0xf3 } as const;

/** The machine of the system that runs the tests. */
export const MACHINE = process.arch === 'arm64' ? MACHINES.arm64 : MACHINES.amd64;

/** Returns the header of a 64-bit ELF program for a machine, followed by a text. */
export function elfOf(machine: number, text: string): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(machine, 18);
  return Buffer.concat([header, Buffer.from(text)]);
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

/** The paths that the charm leaves out because no program loads them. */
const NEVER_LOADED = JSON.parse(
  readFileSync(join(ROOT, 'tools/never-loaded.json'), 'utf8'),
) as readonly string[];

/** Reports whether the charm leaves a file of a package out. */
export function isNeverLoaded(path: string): boolean {
  return NEVER_LOADED.some((prefix) => path.startsWith(prefix));
}
