import { createHmac } from 'node:crypto';
import type { Secret } from '../model/secret.ts';
import { canonicalJson } from './canonical-json.ts';

/**
 * Returns a digest of the script's URL and secrets; empty without a script. It is an HMAC with a key of the unit: the
 * digest is stored in the clouds, where a plain hash of a short secret could be guessed.
 */
export function scriptDigestOf(
  key: Secret,
  url: Secret | undefined,
  secrets: Readonly<Record<string, Secret>>,
): string {
  if (url === undefined) return '';
  const revealed = Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, value.reveal()]));
  const content = canonicalJson([url.reveal(), revealed]);
  return createHmac('sha256', key.reveal()).update(content).digest('hex').slice(0, 16);
}
