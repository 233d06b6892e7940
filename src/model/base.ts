/** The Ubuntu releases that images are built on, by codename, with their version numbers. */
export const BASES = { focal: '20.04', jammy: '22.04', noble: '24.04', resolute: '26.04' } as const;

export type Base = keyof typeof BASES;

/** Every spelling that names a base: codenames, then version numbers. */
export const BASE_SPELLINGS: readonly string[] = [...Object.keys(BASES), ...Object.values(BASES)];

/** The base that `text` names, by codename or version number; `undefined` when there is none. */
export function findBase(text: string): Base | undefined {
  const name = text.trim().toLowerCase();
  return (Object.keys(BASES) as Base[]).find((base) => base === name || BASES[base] === name);
}
