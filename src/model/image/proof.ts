/** The size and the hashes that an image store keeps of an image's data. */
export interface Stored {
  readonly size: number | undefined;
  readonly hash: { readonly algorithm: string; readonly value: string } | undefined;
  readonly checksum: string | undefined;
}

/**
 * The result of comparing a copy with its source. When they are not proven to be the same, `isKnown` is true if they
 * differ, and false if they cannot be compared.
 */
export type Proof =
  | { readonly isSame: true; readonly by: 'hash' | 'stream hash' | 'size' }
  | { readonly isSame: false; readonly isKnown: boolean; readonly problem: string };

/**
 * Compares a copy with its source: first the sizes, then the best hash that both sides have. The size decides when the
 * copy's store keeps no hash. `streamed` has the hashes of the sent data by algorithm, if they were computed.
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
    return compareHashes(source.hash.value, copy.hash.value, copy.hash.algorithm, 'hash');
  }
  if (copy.checksum !== undefined && source.checksum !== undefined) {
    return compareHashes(source.checksum, copy.checksum, 'md5', 'hash');
  }
  const sent = copy.hash === undefined ? undefined : streamed.get(copy.hash.algorithm);
  if (copy.hash !== undefined && sent !== undefined) {
    return compareHashes(sent, copy.hash.value, copy.hash.algorithm, 'stream hash');
  }
  if (copy.hash === undefined) return { isSame: true, by: 'size' };
  return {
    isSame: false,
    isKnown: false,
    problem: `expected a hash that is known of the source, got only ${copy.hash.algorithm}`,
  };
}

function compareHashes(expected: string, got: string, algorithm: string, by: 'hash' | 'stream hash'): Proof {
  return expected === got
    ? { isSame: true, by }
    : { isSame: false, isKnown: true, problem: `expected ${algorithm} ${expected}, got ${got}` };
}
