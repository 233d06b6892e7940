import type { Pattern } from './secret-patterns.ts';

/** A pattern that was found, and its offset. */
export interface Hit {
  readonly pattern: Pattern;
  readonly offset: number;
}

/** Searches for all patterns at the same time. */
export interface Searcher {
  /** The number of bytes at the end of a chunk that must be searched again with the next chunk. */
  readonly overlap: number;
  /** Returns the hits that end after the first `seen` bytes. */
  search(text: Buffer, seen: number): readonly Hit[];
}

interface Tables {
  /** The distance that the window may move when it ends with these two bytes; 0: compare the `candidates`. */
  readonly shift: Uint8Array;
  readonly candidates: ReadonlyMap<number, readonly Pattern[]>;
}

/** Computes the tables of Wu and Manber's algorithm over the first `window` bytes of each pattern. */
function makeTables(patterns: readonly Pattern[], window: number): Tables {
  const shift = new Uint8Array(1 << 16).fill(window - 1);
  const candidates = new Map<number, Pattern[]>();
  for (const pattern of patterns) {
    for (let end = 2; end <= window; end++) {
      const pair = pattern.bytes.readUInt16BE(end - 2);
      shift[pair] = Math.min(shift[pair] ?? 0, window - end);
    }
    const last = pattern.bytes.readUInt16BE(window - 2);
    candidates.set(last, [...(candidates.get(last) ?? []), pattern]);
  }
  return { shift, candidates };
}

function matches(text: Buffer, at: number, bytes: Buffer): boolean {
  return at + bytes.length <= text.length && bytes.compare(text, at, at + bytes.length) === 0;
}

/** Prepares a search whose time hardly depends on the number of patterns, because a disk has gigabytes. */
export function prepareSearch(patterns: readonly Pattern[]): Searcher {
  const lengths = patterns.map((pattern) => pattern.bytes.length);
  const window = Math.min(255, ...lengths);
  const { shift, candidates } = makeTables(patterns, window);
  const search = (text: Buffer, seen: number): readonly Hit[] => {
    const hits: Hit[] = [];
    let at = window - 1;
    while (at < text.length) {
      const pair = ((text[at - 1] ?? 0) << 8) | (text[at] ?? 0);
      const step = shift[pair] ?? 1;
      if (step === 0) {
        const offset = at - window + 1;
        for (const pattern of candidates.get(pair) ?? []) {
          if (offset + pattern.bytes.length > seen && matches(text, offset, pattern.bytes)) {
            hits.push({ pattern, offset });
          }
        }
      }
      at += step === 0 ? 1 : step; // not Math.max: looking up a global costs 100 ns under Jest
    }
    return hits;
  };
  return { overlap: Math.max(...lengths) - 1, search };
}

/** Searches a stream, including patterns that begin in one chunk and end in another. */
export async function searchChunks(
  chunks: AsyncIterable<Buffer>,
  searcher: Searcher,
): Promise<readonly Hit[]> {
  const hits: Hit[] = [];
  let tail = Buffer.alloc(0);
  let before = 0;
  for await (const chunk of chunks) {
    const text = Buffer.concat([tail, chunk]);
    for (const { pattern, offset } of searcher.search(text, tail.length)) {
      hits.push({ pattern, offset: before - tail.length + offset });
    }
    before += chunk.length;
    tail = Buffer.from(text.subarray(Math.max(0, text.length - searcher.overlap)));
  }
  return hits;
}
