import { describe, expect, test } from '@jest/globals';
import { findFailedChecks, renderChecks } from '../../src/guest/checks.ts';
import type { GuestPart } from '../../src/guest/guest-part.ts';
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

describe.each(SHELLS)('checks in $title', ({ shell }) => {
  const outcome = run([...shell, '-s'], renderChecks(parts));

  test('All checks run, and each prints ok or its reason for failing', () => {
    const lines = outcome.stdout.split('\n');
    expect(lines).toHaveLength(9);
    expect(lines).toEqual(
      expect.arrayContaining(['ok good', 'failed bad: why its bad', 'failed silent: exit code 4']),
    );
    expect(lines).toEqual(expect.arrayContaining(['ok eater', 'ok last']));
    expect(lines.slice(-2)).toEqual(['end of checks', '']);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });

  test('Each failed check is reported as one problem', () => {
    const problems = findFailedChecks(outcome.stdout, parts);
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['bad', 'silent', 'middle', 'unset']);
    expect(problems[2]).toContain('/nowhere-at-all');
  });

  test('No check runs when only half of the program arrives', () => {
    const program = renderChecks(parts);
    expect(run([...shell, '-s'], program.slice(0, program.length / 2)).stdout).toBe('');
  });
});

describe('results of the checks', () => {
  const two = [part('one', ''), part('two', '')];

  test('The checks report no problem when every part is ok and the checks ran to their end', () => {
    expect(findFailedChecks('ok one\r\nok two\r\nend of checks\r\n', two)).toEqual([]);
  });

  test('Each missing check result is a problem, and so is a missing end of the checks', () => {
    expect(findFailedChecks('ok one\nok tw', two)).toEqual([
      'two: the guest reported no result',
      'the checks did not run to their end',
    ]);
  });

  test('A part that is reported as both ok and failed is a problem', () => {
    expect(findFailedChecks('ok one\nok two\nfailed one: x: y\nend of checks\n', two)).toEqual(['one: x: y']);
  });
});
