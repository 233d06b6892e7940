import { type Base, findBase } from './base.ts';

/** Serials of Ubuntu's cloud images by base. A base that is not in it uses the current serial. */
export type BaseReleases = ReadonlyMap<Base, string>;

/**
 * Parses `noble=20260801,jammy=20260730.1`. Reports each pair that has another form, repeats a base, or names a base that
 * is not one of `bases`.
 */
export function parseBaseReleases(
  list: string,
  bases: readonly Base[],
  addProblem: (expected: string, got: string) => void,
): BaseReleases {
  const releases = new Map<Base, string>();
  for (const pair of list === '' ? [] : list.split(',').map((each) => each.trim())) {
    const [, name = '', serial = ''] = /^([^=]*)=(\d{8}(?:\.\d{1,3})?)$/.exec(pair) ?? [];
    const found = findBase(name);
    if (serial === '') addProblem('pairs like noble=20260801', pair);
    else if (found === undefined || !bases.includes(found))
      addProblem(`one of the bases to build (${bases.join(', ')})`, pair);
    else if (releases.has(found)) addProblem('each base once', `${found} twice`);
    else releases.set(found, serial);
  }
  return releases;
}
