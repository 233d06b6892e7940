import { describe, expect, test } from '@jest/globals';
import { USAGE, readArguments } from '../../src/scheduler/arguments.ts';
import { InputError } from '../../src/model/errors.ts';

const UNIT = ['--unit', 'app/0'];
const COMMON = { unit: 'app/0', root: '/', clockOffsetHours: 0 };

describe('the scheduler understands', () => {
  test.each([
    ['the daemon', UNIT, { ...COMMON, command: 'daemon', foreground: false, tickSeconds: undefined }],
    [
      'the daemon of a rehearsal',
      [...UNIT, '--root', '/r', '--foreground', '--tick-seconds', '2', '--clock-offset-hours=-1.5'],
      {
        ...{ unit: 'app/0', root: '/r', clockOffsetHours: -1.5 },
        ...{ command: 'daemon', foreground: true, tickSeconds: 2 },
      },
    ],
    ['plan', ['plan', ...UNIT], { ...COMMON, command: 'plan', format: 'text' }],
    ['plan as JSON', [...UNIT, 'plan', '--format', 'json'], { ...COMMON, command: 'plan', format: 'json' }],
    ['a call for help', ['--help'], { command: 'help' }],
  ])('%s', (_, argv, asked) => {
    expect(readArguments(argv)).toEqual(asked);
  });
});

describe('the scheduler refuses', () => {
  test.each([
    ['no unit', [], /--unit: expected a unit such as app\/0, got nothing/],
    ['what is no unit', ['--unit', '../x'], /--unit: expected a unit such as app\/0, got \.\.\/x/],
    ['an unknown option', [...UNIT, '--bogus'], /--bogus/],
    ['an unknown command', [...UNIT, 'build'], /expected plan or no command, got build/],
    ['two commands', [...UNIT, 'plan', 'plan'], /got plan plan/],
    ['ticks of no time', [...UNIT, '--tick-seconds', '0'], /--tick-seconds: expected more than 0/],
    ['what is no number', [...UNIT, '--clock-offset-hours', 'day'], /expected a number, got day/],
    ["the daemon's options for plan", ['plan', ...UNIT, '--foreground'], /--foreground: not an option/],
    ["plan's options for the daemon", [...UNIT, '--format', 'json'], /--format: not an option/],
    ['an unknown format', ['plan', ...UNIT, '--format', 'xml'], /expected text or json, got xml/],
  ])('%s', (_, argv, message) => {
    expect(() => readArguments(argv)).toThrow(InputError);
    expect(() => readArguments(argv)).toThrow(message);
  });

  test('all that is wrong at once', () => {
    expect(() => readArguments(['--tick-seconds', 'x'])).toThrow(/--unit[^]*--tick-seconds/);
  });
});

test('each option of the scheduler is in its help', () => {
  const known = ['unit', 'root', 'foreground', 'tick-seconds', 'clock-offset-hours', 'format', 'help'];
  expect([...USAGE.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name)).toEqual(known);
});
