import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeScriptSecrets, SCRIPT_RUN_COMMAND } from '../../src/guest/external-script.ts';
import { InputError } from '../../src/model/errors.ts';
import { Secret } from '../../src/model/secret.ts';
import { run, SHELLS } from './support/shell.ts';

fc.configureGlobal({ seed: 20261121 }); // the same cases in every run

const value = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', ' ', '!') }),
  )
  .filter((text) => !text.includes('\0'));
const secretsOf = (values: Readonly<Record<string, string>>): ReadonlyMap<string, Secret> =>
  new Map(Object.entries(values).map(([name, text]) => [name, new Secret(text)]));

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

describe.each(SHELLS)('secrets in $title', ({ shell }) => {
  test('The environment of the script contains the exact bytes of the secrets', () => {
    const program = `set -eu; set -a; eval "$(cat)"; exec sh -c 'printf "%s|" "$A" "$_b2"'`;
    fc.assert(
      fc.property(value, value, (a, b) => {
        const input = encodeScriptSecrets(secretsOf({ A: a, _b2: b }));
        expect(run([...shell, '-c', program], input).stdout).toBe(`${a}|${b}|`);
      }),
      { numRuns: 50 },
    );
  });

  test('The script runs without secrets', () => {
    expect(
      run([...shell, '-c', 'set -eu; set -a; eval "$(cat)"; echo on'], encodeScriptSecrets(new Map())),
    ).toEqual({
      code: 0,
      stdout: 'on\n',
      stderr: '',
    });
  });
});

describe('secrets of the script', () => {
  test('All invalid secrets are reported together, without their values', () => {
    const secrets = secretsOf({
      '1A': 'value-1',
      'A=B': 'value-2',
      '': 'value-3',
      GOOD: 'value-4',
      NUL: 'value\0-5',
    });
    const error = thrownBy(() => encodeScriptSecrets(secrets));
    if (!(error instanceof InputError)) throw new Error('expected an InputError');
    expect(error.problems).toHaveLength(4);
    expect(error.message).not.toContain('value-');
    expect(error.problems.at(-1)).toBe('secret "NUL" has a NUL byte, which no variable can hold');
  });

  test('The command that runs the script, which sudo logs, is constant', () => {
    expect(SCRIPT_RUN_COMMAND).toMatch(/^sudo -n sh -c '[^']*'$/);
  });
});
