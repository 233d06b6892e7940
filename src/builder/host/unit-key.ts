import { randomBytes } from 'node:crypto';
import { Secret } from '../../model/secret.ts';
import { readTextFile, writeFileAtomic } from '../../system/files/text-file.ts';
import type { Host } from '../tools.ts';

const FORM = /^[0-9a-f]{64}$/;

/** Returns the key of the unit. Creates it on the first call; it never changes after that. */
export async function ensureUnitKey({ paths }: Pick<Host, 'paths'>): Promise<Secret> {
  const existing = (await readTextFile(paths.key))?.trim() ?? '';
  if (FORM.test(existing)) return new Secret(existing);
  const created = randomBytes(32).toString('hex');
  await writeFileAtomic(paths.key, `${created}\n`, 0o600);
  return new Secret(created);
}
