import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { prepareSearch, searchChunks } from './pattern-search.ts';
import type { Pattern } from './secret-patterns.ts';

fc.configureGlobal({ seed: 20261121 }); // the same cases in each run

const text = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('a', 'b'), minLength, maxLength });

function* occurrences(whole: string, part: string): Generator<number> {
  for (let at = whole.indexOf(part); at !== -1; at = whole.indexOf(part, at + 1)) yield at;
}

async function* inChunks(whole: string, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < whole.length; at += size) {
    yield await Promise.resolve(Buffer.from(whole.slice(at, at + size)));
  }
}

test('The search finds each occurrence of each pattern once, however the text is cut into chunks', async () => {
  const cases = [text(0, 60), fc.uniqueArray(text(2, 9), { minLength: 1 }), fc.nat(20)] as const;
  await fc.assert(
    fc.asyncProperty(...cases, async (whole, parts, size) => {
      const patterns: Pattern[] = parts.map((part) => ({
        secret: part,
        encoding: 'plain',
        bytes: Buffer.from(part),
      }));
      const hits = await searchChunks(inChunks(whole, size + 1), prepareSearch(patterns));
      const found = hits.map(({ pattern, offset }) => `${pattern.secret}@${offset}`);
      const naive = parts.flatMap((part) => [...occurrences(whole, part)].map((at) => `${part}@${at}`));
      expect(found.toSorted()).toEqual(naive.toSorted());
    }),
    { numRuns: 2000 },
  );
});
