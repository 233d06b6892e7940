import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { encodeXz } from '../../src/system/xz.ts';

const patternOf = (size: number): Buffer =>
  Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) % 251));

describe('encodeXz', () => {
  test.each([0, 1, 2, 3, 4, 5, 127, 128, 16_383, 65_535, 65_536, 65_537, 300_001])(
    'xz restores %i bytes that were encoded',
    (size) => {
      const data = patternOf(size);
      const restored = execFileSync('xz', ['--decompress', '--stdout'], {
        input: encodeXz(data),
        maxBuffer: 1e6,
      });
      expect(restored.equals(data)).toBe(true);
    },
  );
});
