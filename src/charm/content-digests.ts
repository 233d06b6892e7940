import { createHmac } from 'node:crypto';
import type { ProxyValues } from '../model/proxy-settings.ts';
import type { Secret } from '../model/secret.ts';
import { canonicalJson } from './canonical-json.ts';

/**
 * Returns a digest of the script's URL and secrets; empty without a script. It is an HMAC with a key of the unit: the
 * digest is stored in the clouds, where a plain hash of a short secret could be guessed. The names are those of the
 * variables in version 0.1.0, so that a refresh from it builds nothing again.
 */
export function scriptDigestOf(
  key: Secret,
  url: Secret | undefined,
  secrets: Readonly<Record<string, Secret>>,
): string {
  if (url === undefined) return '';
  const revealed = Object.fromEntries(
    Object.entries(secrets).map(([name, value]) => [name.toUpperCase().replaceAll('-', '_'), value.reveal()]),
  );
  return digest(key, [url.reveal(), revealed]);
}

/** Returns a digest of the proxies that stay in the images, so that other proxies are a reason to build. */
export function proxyDigestOf(key: Secret, { http, https, noProxy }: ProxyValues): string {
  return digest(
    key,
    [http, https, noProxy].map((value) => value.reveal().trim()),
  );
}

function digest(key: Secret, content: unknown): string {
  return createHmac('sha256', key.reveal()).update(canonicalJson(content)).digest('hex').slice(0, 16);
}
