import { readFileSync } from 'node:fs';

/** The version of this software, as its package.json tells it. */
export function readPackageVersion(): string {
  const json = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(json) as { readonly version: string };
  return version;
}
