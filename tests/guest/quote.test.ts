import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { quoteForShell } from '../../src/guest/quote.ts';
import { run, SHELLS } from './support/shell.ts';

fc.configureGlobal({ seed: 20261121 }); // what passes once passes always

const text = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', ' ', '!') }),
  )
  .filter((value) => !value.includes('\0'));

describe.each(SHELLS)('a quoted text, in $title', ({ shell }) => {
  test('is one word with exactly the same bytes, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), (values) => {
        const program = values.map((value) => `printf '%s|' ${quoteForShell(value)}\n`).join('');
        expect(run(shell, program).stdout).toBe(values.map((value) => `${value}|`).join(''));
      }),
      { numRuns: 50 },
    );
  });
});
