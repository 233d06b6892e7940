import { dirname, isAbsolute, join } from 'node:path';
import { InputError } from '../model/errors.ts';
import { readTextFile } from '../system/files/text-file.ts';

/** Returns the root of the unit's paths: `/`, unless a file `host-root` next to the charm's folder names another. */
export async function findHostRoot(charmDir: string): Promise<string> {
  const path = join(dirname(charmDir), 'host-root');
  const root = (await readTextFile(path))?.trim();
  if (root === undefined) return '/';
  if (isAbsolute(root)) return root;
  throw new InputError([`${path}: expected an absolute path, got ${root === '' ? 'nothing' : root}`]);
}
