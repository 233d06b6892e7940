import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeScriptSecrets, SCRIPT_RUN_COMMAND } from '../../src/guest/external-script.ts';
import { InputError } from '../../src/model/errors.ts';
import { Secret } from '../../src/model/secret.ts';
import { run, SHELLS } from './support/shell.ts';

fc.configureGlobal({ seed: 20261121 }); // what passes once passes always

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

describe.each(SHELLS)('the secrets, in $title', ({ shell }) => {
  test('come out of stdin into the environment of the script, byte by byte', () => {
    const program = `set -eu; set -a; eval "$(cat)"; exec sh -c 'printf "%s|" "$A" "$_b2"'`;
    fc.assert(
      fc.property(value, value, (a, b) => {
        const input = encodeScriptSecrets(secretsOf({ A: a, _b2: b }));
        expect(run([...shell, '-c', program], input).stdout).toBe(`${a}|${b}|`);
      }),
      { numRuns: 50 },
    );
  });

  test('may be none', () => {
    expect(
      run([...shell, '-c', 'set -eu; set -a; eval "$(cat)"; echo on'], encodeScriptSecrets(new Map())),
    ).toEqual({
      code: 0,
      stdout: 'on\n',
      stderr: '',
    });
  });
});

describe('the secrets of the script', () => {
  test('are refused with all problems together and without a value in the message', () => {
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
    expect(error.problems.at(-1)).toBe('secret "NUL": its value contains a NUL byte');
  });

  test('are not in the command that runs it, which sudo logs', () => {
    expect(SCRIPT_RUN_COMMAND).toMatch(/^sudo -n sh -c '[^']*'$/);
  });
});
