import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Proof, type Stored, proveCopy } from '../../../src/model/image/proof.ts';

fc.configureGlobal({ seed: 20261121 }); // the same cases in each run

const stored = (change: Partial<Stored> = {}): Stored => ({
  size: 10,
  hash: undefined,
  checksum: undefined,
  ...change,
});
const hash = (algorithm: string, value: string) => ({ hash: { algorithm, value } });
const same = (by: 'hash' | 'stream hash' | 'size'): Proof => ({ isSame: true, by });
const different = (problem: string): Proof => ({
  isSame: false,
  isKnown: !problem.includes('hash'),
  problem,
});
const sent = new Map([
  ['sha512', 'S512'],
  ['sha256', 'S256'],
]);
const none = new Map<string, string>();

describe('proveCopy', () => {
  test.each<[string, Stored, Stored, ReadonlyMap<string, string>, Proof]>([
    ['of another size', stored(), stored({ size: 9 }), none, different('expected 10 bytes, got 9')],
    ['without a size', stored(), stored({ size: undefined }), none, different('expected 10 bytes, got ?')],
    [
      'of another size with the same hash',
      stored(hash('sha512', 'a')),
      stored({ size: 9, ...hash('sha512', 'a') }),
      none,
      different('expected 10 bytes, got 9'),
    ],
    ['with the same hash', stored(hash('sha512', 'a')), stored(hash('sha512', 'a')), none, same('hash')],
    [
      'with another hash',
      stored(hash('sha512', 'a')),
      stored(hash('sha512', 'b')),
      none,
      different('expected sha512 a, got b'),
    ],
    [
      'with another hash and the same MD5',
      stored({ ...hash('sha512', 'a'), checksum: 'm' }),
      stored({ ...hash('sha512', 'b'), checksum: 'm' }),
      none,
      different('expected sha512 a, got b'),
    ],
    [
      'with another hash algorithm and the same MD5',
      stored({ ...hash('sha512', 'a'), checksum: 'm' }),
      stored({ ...hash('sha256', 'b'), checksum: 'm' }),
      none,
      same('hash'),
    ],
    [
      'with another hash algorithm and another MD5',
      stored({ ...hash('sha512', 'a'), checksum: 'm' }),
      stored({ ...hash('sha256', 'b'), checksum: 'n' }),
      none,
      different('expected md5 m, got n'),
    ],
    ['with the hash of the sent data', stored(), stored(hash('sha256', 'S256')), sent, same('stream hash')],
    [
      'with another hash than the sent data',
      stored(),
      stored(hash('sha512', 'x')),
      sent,
      different('expected sha512 S512, got x'),
    ],
    [
      'with another hash algorithm and the hash of the sent data',
      stored(hash('sha256', 'a')),
      stored(hash('sha512', 'S512')),
      sent,
      same('stream hash'),
    ],
    [
      'with a hash algorithm that neither the source nor the sent data has',
      stored(),
      stored(hash('blake2', 'x')),
      sent,
      different('expected a hash that is known of the source, got only blake2'),
    ],
    ['without any hash', stored(hash('sha512', 'a')), stored(), sent, same('size')],
  ])('The comparison of a copy %s has the expected result', (_, source, copy, streamed, proof) => {
    expect(proveCopy(source, copy, streamed)).toEqual(proof);
  });

  test('A copy whose size or hash differs is never proven to be the same', () => {
    const word = fc.option(fc.constantFrom('a', 'b'), { nil: undefined });
    const any = fc.record({ size: fc.constantFrom(1, 2), value: word, checksum: word });
    const make = ({
      size,
      value,
      checksum,
    }: {
      size: number;
      value?: string | undefined;
      checksum?: string | undefined;
    }) => stored({ size, checksum, ...(value === undefined ? {} : hash('sha512', value)) });
    fc.assert(
      fc.property(any, any, (one, two) => {
        const proof = proveCopy(make(one), make(two), none);
        const differs = (a: unknown, b: unknown) => a !== undefined && b !== undefined && a !== b;
        if (one.size !== two.size || differs(one.value, two.value)) expect(proof.isSame).toBe(false);
        if (proof.isSame && proof.by === 'hash') {
          expect([one.value === two.value, one.checksum === two.checksum]).toContain(true);
        }
      }),
    );
  });
});
