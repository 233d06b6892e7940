import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { quoteForShell } from '../../../src/model/text/quote-for-shell.ts';
import { run, SHELLS } from '../../guest/support/shell.ts';

fc.configureGlobal({ seed: 20261121 }); // the same cases in every run

const text = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', ' ', '!') }),
  )
  .filter((value) => !value.includes('\0'));

describe.each(SHELLS)('quoting in $title', ({ shell }) => {
  test('A quoted text is one word with exactly the same bytes', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), (values) => {
        const program = values.map((value) => `printf '%s|' ${quoteForShell(value)}\n`).join('');
        expect(run(shell, program).stdout).toBe(values.map((value) => `${value}|`).join(''));
      }),
      { numRuns: 50 },
    );
  });
});
