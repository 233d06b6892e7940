import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execPath } from 'node:process';
import { text } from 'node:stream/consumers';
import { compileSource } from './compile-source.ts';

const CHECKOUT = resolve(import.meta.dirname, '../..');
const FOLDERS = ['cli', 'image-builder', 'runner', 'guest', 'openstack', 'system', 'model'];
const PROGRAM = 'bin/github-runner-image-builder';

/** Compiles the program into `folder`, as a build does. */
export async function compileProgram(folder: string): Promise<void> {
  await symlink(join(CHECKOUT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type": "module", "version": "1.2.3"}');
  const names = await Promise.all(
    FOLDERS.map(async (folder) =>
      (await readdir(join(CHECKOUT, 'src', folder), { recursive: true })).map((name) => join(folder, name)),
    ),
  );
  const sources = [`${PROGRAM}.ts`, ...names.flat().filter((name) => /(?<!\.d)\.ts$/.test(name))];
  const targetOf = (name: string): string => join(folder, 'dist', name.replace(/\.ts$/, '.js'));
  await Promise.all(sources.map((name) => compileSource(join(CHECKOUT, 'src', name), targetOf(name))));
}

/** Runs the compiled program in its own process and returns its exit code and output. */
export async function runCompiled(folder: string, args: readonly string[]) {
  const program = join(folder, 'dist', `${PROGRAM}.js`);
  const child = spawn(execPath, [program, ...args], {
    cwd: folder,
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code: child.exitCode, out, err };
}
