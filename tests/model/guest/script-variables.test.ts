import { describe, expect, test } from '@jest/globals';
import { toScriptVariables } from '../../../src/model/guest/script-variables.ts';
import { Secret } from '../../../src/model/secret.ts';

function read(values: Readonly<Record<string, string>>) {
  const secrets = new Map(Object.entries(values).map(([name, value]) => [name, new Secret(value)]));
  const { variables, problems } = toScriptVariables(secrets);
  return {
    variables: Object.fromEntries([...variables].map(([name, secret]) => [name, secret.reveal()])),
    problems,
  };
}

describe('variables of the external script', () => {
  test('A secret has its own name, and the name in upper case with underscores', () => {
    expect(read({ token: 'a', 'api-key': 'b', Mixed_1: 'c', DONE: 'd' })).toEqual({
      variables: { token: 'a', TOKEN: 'a', API_KEY: 'b', Mixed_1: 'c', MIXED_1: 'c', DONE: 'd' },
      problems: [],
    });
  });

  test('A name that a secret itself has is not replaced by a derived one', () => {
    const both = { TOKEN: 'upper', token: 'lower' };
    expect(read(both)).toEqual({ variables: both, problems: [] });
    expect(read({ token: 'lower', TOKEN: 'upper' }).variables).toEqual(both);
  });

  test('A secret does not replace the variables that decide how the script is run', () => {
    expect(read({ path: 'p', home: 'h', uid: 'u' })).toEqual({
      variables: { path: 'p', home: 'h', uid: 'u' },
      problems: [],
    });
    expect(read({ 'ld-preload': 'l', IFS: 'i' })).toEqual({
      variables: {},
      problems: [
        '"ld-preload" cannot be the name of a variable: LD_PRELOAD decides how the script is run; choose another name',
        '"IFS" cannot be the name of a variable: IFS decides how the script is run; choose another name',
      ],
    });
  });

  test('All problems are listed, with the names of the secrets and without their values', () => {
    const { problems } = read({
      ...{ '1a': 'value', 'a=b': 'value', '': 'value', ä: 'value', 'new\nline': 'value' },
      ...{ nul: 'value\0', long: 'value'.repeat(30_000), 'a-b': 'value', a_b: 'value', 'A-b': 'value' },
    });
    expect(problems).toEqual([
      ...['1a', 'a=b', '', 'ä', 'new\nline'].map(
        (name) =>
          `${JSON.stringify(name)} cannot be the name of a variable: expected letters, digits, dashes and underscores that do not begin with a digit`,
      ),
      '"nul" has a NUL byte, which no variable can hold',
      '"long" has more than 120000 bytes, which no variable can hold',
      '"a-b" and "a_b" both become the variable A_B; rename one of them',
      '"a-b" and "A-b" both become the variable A_B; rename one of them',
    ]);
  });
});
