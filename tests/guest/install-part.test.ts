import { describe, expect, test } from '@jest/globals';
import { findVersions, renderInstall, secretsOf } from '../../src/guest/install-part.ts';
import type { GuestPart } from '../../src/guest/guest-part.ts';
import { Secret } from '../../src/model/secret.ts';
import { run, SHELLS, type Outcome } from './support/shell.ts';

const part = (script: string, environment: GuestPart['environment'] = {}): GuestPart => ({
  ...{ name: 'part', check: '' },
  script,
  environment,
});

describe.each(SHELLS)('the program of a part in $title', ({ shell }) => {
  const install = (script: string, environment?: GuestPart['environment']): Outcome =>
    run([...shell, '-s'], renderInstall(part(script, environment)));

  test('The script gets its environment, an empty stdin and the working directory /', () => {
    const environment = { TOKEN: new Secret("it's\n$secret"), MIRROR: 'http://m' };
    const outcome = install(
      'sh -c \'printf "%s|" "$TOKEN" "$MIRROR" "$HOME" "$(pwd)" "$(cat)"\'',
      environment,
    );
    expect(outcome).toEqual({ code: 0, stdout: "it's\n$secret|http://m|/root|/||", stderr: '' });
  });

  test('Standard error is part of the standard output, in order', () => {
    expect(install('echo one\necho two >&2\necho three').stdout).toBe('one\ntwo\nthree\n');
  });

  test.each([
    ['a failing command in the middle', 'ls /nowhere-at-all\necho on', undefined],
    ['an unset variable', 'echo "$NO_SUCH_VARIABLE"; echo on', undefined],
    ['a failing function', 'f() { false; echo on; }; f; echo on', 1],
    ['a failing pipe end', 'echo x | false\necho on', 1],
    ['an exit', 'exit 7', 7],
    ['an unknown command', 'no-such-command-here\necho on', 127],
    ['a syntax error', 'if true; then\necho on', undefined],
  ])('A script with %s ends with its exit code', (_, script, code) => {
    const outcome = install(script);
    expect(outcome.code).not.toBe(0);
    if (code !== undefined) expect(outcome.code).toBe(code);
    expect(outcome.stdout).not.toContain('on\n');
  });

  test('Nothing runs when only half of the program arrives', () => {
    const program = renderInstall(part('echo first\necho second'));
    expect(run([...shell, '-s'], program.slice(0, -25)).stdout).toBe('');
  });
});

describe('a command of a part that fails, in bash', () => {
  const install = (script: string): Outcome => run(['bash', '--posix', '-s'], renderInstall(part(script)));
  const lastLine = ({ stdout }: Outcome): string => stdout.trimEnd().split('\n').at(-1) ?? '';

  test.each([
    ['ls /nowhere-at-all "$HOME"', 'exit code 2 of the command: ls /nowhere-at-all "$HOME"'],
    ['f() { mkdir /proc/x; }\nf', 'exit code 1 of the command: mkdir /proc/x'],
    ['x=$(printf a | grep z)', 'exit code 1 of the command: x=$(printf a | grep z)'],
    ["printf '%s' 'one\ntwo' >/nowhere/x", "exit code 1 of the command: printf '%s' 'one"],
    [`false ${'x'.repeat(300)}`, `exit code 1 of the command: false ${'x'.repeat(194)}`],
  ])('The last line of %j names it', (script, line) => {
    const outcome = install(script);
    expect(lastLine(outcome)).toBe(line);
    expect(outcome.code).not.toBe(0);
  });

  test('The values of variables are not shown', () => {
    const program = renderInstall(part('false "$TOKEN"', { TOKEN: new Secret('MARKED') }));
    expect(run(['bash', '--posix', '-s'], program).stdout).toBe(
      'exit code 1 of the command: false "$TOKEN"\n',
    );
  });

  test('A script that has printed its own reason adds no other line', () => {
    expect(install('false || { echo "yq failed"; exit 3; }')).toMatchObject({
      code: 3,
      stdout: 'yq failed\n',
    });
    expect(install('if false; then :; fi; false || :; echo on').stdout).toBe('on\n');
  });
});

test('A name that no shell accepts as a variable is a bug of the part', () => {
  expect(() => renderInstall(part('', { 'a-b': 'x' }))).toThrow('expected a name of a variable, got a-b');
});

test('The secrets of a part are the secret values of its environment', () => {
  const token = new Secret('t');
  expect(secretsOf(part('', { A: 'plain', B: token }))).toEqual([token]);
  expect(secretsOf({})).toEqual([]);
});

describe('versions in the output of a part', () => {
  test('Each version is found once, the last one counts', () => {
    const output =
      'noise\r\nversion docker 1\r\nversion yq v4.44.1+x\nversion docker 24.0.7-0ubuntu2~22.04\n';
    expect(findVersions(output)).toEqual([
      { name: 'docker', version: '24.0.7-0ubuntu2~22.04' },
      { name: 'yq', version: 'v4.44.1+x' },
    ]);
  });

  test.each([
    'version docker',
    'version docker 1 2',
    ' version docker 1',
    'version -x 1',
    `version a${'a'.repeat(64)} 1`,
    `version a ${'1'.repeat(101)}`,
  ])('The line %j is no version', (line) => {
    expect(findVersions(line)).toEqual([]);
  });

  test('At most 100 versions are taken', () => {
    const output = Array.from({ length: 150 }, (_, index) => `version p${index} 1`).join('\n');
    expect(findVersions(output)).toHaveLength(100);
  });
});
