/** What a store tells of an image's data. */
export interface Stored {
  readonly size: number | undefined;
  readonly hash: { readonly algorithm: string; readonly value: string } | undefined;
  readonly checksum: string | undefined;
}

/** A copy is the same as its source, and how that is known; or it is not, or (`isKnown` false) nobody can tell. */
export type Proof =
  | { readonly isSame: true; readonly by: 'hash' | 'stream hash' | 'size' }
  | { readonly isSame: false; readonly isKnown: boolean; readonly problem: string };

/**
 * Compares a copy with its source: the sizes, then the best hash that both sides know; a copy whose store keeps no hash
 * is known by its size. `streamed` has the hashes of
 * the data that was sent, by algorithm, where they were taken.
 */
export function proveCopy(source: Stored, copy: Stored, streamed: ReadonlyMap<string, string>): Proof {
  if (copy.size !== source.size) {
    return {
      isSame: false,
      isKnown: true,
      problem: `expected ${source.size ?? '?'} bytes, got ${copy.size ?? '?'}`,
    };
  }
  if (copy.hash !== undefined && copy.hash.algorithm === source.hash?.algorithm) {
    return judge(source.hash.value, copy.hash.value, copy.hash.algorithm, 'hash');
  }
  if (copy.checksum !== undefined && source.checksum !== undefined) {
    return judge(source.checksum, copy.checksum, 'md5', 'hash');
  }
  const sent = copy.hash === undefined ? undefined : streamed.get(copy.hash.algorithm);
  if (copy.hash !== undefined && sent !== undefined) {
    return judge(sent, copy.hash.value, copy.hash.algorithm, 'stream hash');
  }
  if (copy.hash === undefined) return { isSame: true, by: 'size' };
  return {
    isSame: false,
    isKnown: false,
    problem: `expected a hash that is known of the source, got only ${copy.hash.algorithm}`,
  };
}

function judge(expected: string, got: string, algorithm: string, by: 'hash' | 'stream hash'): Proof {
  return expected === got
    ? { isSame: true, by }
    : { isSame: false, isKnown: true, problem: `expected ${algorithm} ${expected}, got ${got}` };
}
