import { randomBytes } from 'node:crypto';
import { Secret } from '../../model/secret.ts';
import { readTextFile, writeFileAtomic } from '../../system/files/text-file.ts';
import type { Host } from '../tools.ts';

const FORM = /^[0-9a-f]{64}$/;

/** The unit's own key, made at its first use; it stays while the unit does. */
export async function ensureUnitKey({ paths }: Pick<Host, 'paths'>): Promise<Secret> {
  const there = (await readTextFile(paths.key))?.trim() ?? '';
  if (FORM.test(there)) return new Secret(there);
  const made = randomBytes(32).toString('hex');
  await writeFileAtomic(paths.key, `${made}\n`, 0o600);
  return new Secret(made);
}
