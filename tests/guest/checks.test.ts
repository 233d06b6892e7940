import { describe, expect, test } from '@jest/globals';
import { findFailedChecks, renderChecks } from '../../src/guest/checks.ts';
import type { GuestPart } from '../../src/guest/part.ts';
import { run, SHELLS } from './support/shell.ts';

const part = (name: string, check: string): GuestPart => ({ name, script: '', check });
const parts = [
  part('good', 'echo noise'),
  part('bad', "echo first; echo 'why it''s bad' >&2; exit 3"),
  part('silent', 'exit 4'),
  part('middle', 'true\nls /nowhere-at-all\ntrue'),
  part('unset', 'echo "$NO_SUCH_VARIABLE"; true'),
  part('eater', 'cat'),
  part('last', ':'),
];

describe.each(SHELLS)('the checks, in $title', ({ shell }) => {
  const outcome = run([...shell, '-s'], renderChecks(parts));

  test('always all run, say ok or why not line by line, and end well', () => {
    const lines = outcome.stdout.split('\n');
    expect(lines).toHaveLength(9);
    expect(lines).toEqual(
      expect.arrayContaining(['ok good', 'failed bad: why its bad', 'failed silent: exit code 4']),
    );
    expect(lines.slice(-4)).toEqual(['ok eater', 'ok last', 'end of checks', '']);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });

  test('lead to one problem for each part that is not as it should be', () => {
    const problems = findFailedChecks(outcome.stdout, parts);
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['bad', 'silent', 'middle', 'unset']);
    expect(problems[2]).toContain('/nowhere-at-all');
  });

  test('do not begin when half of the program arrived', () => {
    const program = renderChecks(parts);
    expect(run([...shell, '-s'], program.slice(0, program.length / 2)).stdout).toBe('');
  });
});

describe("the checks' answers", () => {
  const two = [part('one', ''), part('two', '')];

  test('are good when every part is ok and the end was reached', () => {
    expect(findFailedChecks('ok one\r\nok two\r\nend of checks\r\n', two)).toEqual([]);
  });

  test('are a problem for each part that is missing, and for a missing end', () => {
    expect(findFailedChecks('ok one\nok tw', two)).toEqual([
      'two: the guest gave no answer',
      'the checks did not come to their end',
    ]);
  });

  test('are a problem for a part that is both ok and failed', () => {
    expect(findFailedChecks('ok one\nok two\nfailed one: x: y\nend of checks\n', two)).toEqual(['one: x: y']);
  });
});
