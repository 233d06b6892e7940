import { describe, expect, test } from '@jest/globals';
import { USAGE, readArguments } from '../../src/scheduler/arguments.ts';
import { InputError } from '../../src/model/errors.ts';

const UNIT = ['--unit', 'app/0'];
const COMMON = { unit: 'app/0', root: '/', clockOffsetHours: 0 };

describe('readArguments', () => {
  test.each([
    ['the daemon', UNIT, { ...COMMON, command: 'daemon', foreground: false, tickSeconds: undefined }],
    [
      'the daemon in a rehearsal',
      [...UNIT, '--root', '/r', '--foreground', '--tick-seconds', '2', '--clock-offset-hours=-1.5'],
      {
        ...{ unit: 'app/0', root: '/r', clockOffsetHours: -1.5 },
        ...{ command: 'daemon', foreground: true, tickSeconds: 2 },
      },
    ],
    ['plan', ['plan', ...UNIT], { ...COMMON, command: 'plan', format: 'text' }],
    ['finish-removal', ['finish-removal', ...UNIT], { ...COMMON, command: 'finish-removal' }],
    ['plan as JSON', [...UNIT, 'plan', '--format', 'json'], { ...COMMON, command: 'plan', format: 'json' }],
    ['page', ['page', ...UNIT, '--root', '/r'], { ...COMMON, root: '/r', command: 'page' }],
    ['help', ['--help'], { command: 'help' }],
  ])('The scheduler accepts the arguments of %s', (_, argv, expected) => {
    expect(readArguments(argv)).toEqual(expected);
  });
});

describe('invalid arguments', () => {
  test.each([
    ['a missing unit', [], /--unit: expected a unit such as app\/0, got nothing/],
    ['an invalid unit', ['--unit', '../x'], /--unit: expected a unit such as app\/0, got \.\.\/x/],
    ['an unknown option', [...UNIT, '--bogus'], /--bogus/],
    [
      'an unknown command',
      [...UNIT, 'build'],
      /expected plan, page, finish-removal or no command, got build/,
    ],
    ['two commands', [...UNIT, 'plan', 'plan'], /got plan plan/],
    ['a tick interval of zero', [...UNIT, '--tick-seconds', '0'], /--tick-seconds: expected more than 0/],
    [
      'an offset that is not a number',
      [...UNIT, '--clock-offset-hours', 'day'],
      /expected a number, got day/,
    ],
    ["the daemon's options for plan", ['plan', ...UNIT, '--foreground'], /--foreground: not an option/],
    [
      "the daemon's options for page",
      ['page', ...UNIT, '--tick-seconds', '1'],
      /--tick-seconds: not an option/,
    ],
    ["plan's options for page", ['page', ...UNIT, '--format', 'json'], /--format: not an option/],
    [
      'options of other commands for finish-removal',
      ['finish-removal', ...UNIT, '--format', 'json'],
      /--format: not/,
    ],
    ["plan's options for the daemon", [...UNIT, '--format', 'json'], /--format: not an option/],
    ['an unknown format', ['plan', ...UNIT, '--format', 'xml'], /expected text or json, got xml/],
  ])('The scheduler rejects %s', (_, argv, message) => {
    expect(() => readArguments(argv)).toThrow(InputError);
    expect(() => readArguments(argv)).toThrow(message);
  });

  test('The scheduler reports all invalid options at once', () => {
    expect(() => readArguments(['--tick-seconds', 'x'])).toThrow(/--unit[^]*--tick-seconds/);
  });
});

test('The help of the scheduler lists every option', () => {
  const known = ['unit', 'root', 'foreground', 'tick-seconds', 'clock-offset-hours', 'format', 'help'];
  expect([...USAGE.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name)).toEqual(known);
});
