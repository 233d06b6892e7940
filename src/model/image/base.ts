/** The Ubuntu releases that images are built on, by codename, with their version numbers. */
export const BASES = { focal: '20.04', jammy: '22.04', noble: '24.04', resolute: '26.04' } as const;

export type Base = keyof typeof BASES;

/** All accepted names of a base: the codenames, then the version numbers. */
export const BASE_SPELLINGS: readonly string[] = [...Object.keys(BASES), ...Object.values(BASES)];

/** Returns the base that `text` names, by codename or version number; undefined when it names none. */
export function findBase(text: string): Base | undefined {
  const name = text.trim().toLowerCase();
  return (Object.keys(BASES) as Base[]).find((base) => base === name || BASES[base] === name);
}
