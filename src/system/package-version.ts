import { readFileSync } from 'node:fs';

/** Returns the version of this software from its package.json. */
export function readPackageVersion(): string {
  const json = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(json) as { readonly version: string };
  return version;
}
