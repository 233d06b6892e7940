import { dirname, isAbsolute, join } from 'node:path';
import { InputError } from '../model/errors.ts';
import { readTextFile } from '../system/files/text-file.ts';

/** From where the unit's paths hang: `/`, unless a file `host-root` beside the charm's folder names another folder. */
export async function findHostRoot(charmDir: string): Promise<string> {
  const path = join(dirname(charmDir), 'host-root');
  const root = (await readTextFile(path))?.trim();
  if (root === undefined) return '/';
  if (isAbsolute(root)) return root;
  throw new InputError([`${path}: expected an absolute path, got ${root === '' ? 'nothing' : root}`]);
}
