import { expect, test } from '@jest/globals';
import {
  anyString,
  anything,
  decode,
  fields,
  flag,
  integer,
  list,
  mapping,
  nameText,
  oneOf,
  optional,
  projectId,
  text,
  usableList,
  uuid,
  withDefault,
} from '../../src/model/decode.ts';
import { InputError } from '../../src/model/errors.ts';

const shape = fields({
  name: text,
  size: integer,
  tags: list(text),
  kind: oneOf(['a', 'b']),
  on: flag,
  more: optional(mapping(integer)),
});
const problemsOf = (value: unknown): readonly string[] => {
  const problems: string[] = [];
  shape(value, 'x', problems);
  return problems;
};

test('A valid value is decoded and its unknown fields are ignored', () => {
  const value = { name: 'n', size: 1, tags: ['t'], kind: 'a', on: 'yes', more: { k: 2 }, other: true };
  expect(decode(shape, value, '', () => new Error())).toEqual({
    name: 'n',
    size: 1,
    tags: ['t'],
    kind: 'a',
    on: true,
    more: { k: 2 },
  });
});

test('All problems are collected, each with its path', () => {
  const value = { name: '', size: 1.5, tags: ['t', 3, null], kind: 'c', on: 'maybe', more: { k: 'v' } };
  expect(problemsOf(value)).toEqual([
    'x.name: expected a non-empty string, got an empty string',
    'x.size: expected a whole number, got a number',
    'x.tags[1]: expected a non-empty string, got a number',
    'x.tags[2]: expected a non-empty string, got null',
    'x.kind: expected one of a, b, got a string',
    'x.on: expected true or false, got a string',
    'x.more.k: expected a whole number, got a string',
  ]);
});

test('No problem contains the value, which may be a secret', () => {
  const secret = 'MARKED';
  const values = [
    secret,
    [secret],
    { name: [secret], size: secret, tags: { secret }, kind: secret, on: secret },
  ];
  for (const value of values) expect(problemsOf(value).join()).not.toMatch(secret);
});

test.each([
  ['null', null],
  ['nothing', undefined],
  ['a list', []],
  ['a string', 'x'],
  ['a number', 1],
  ['a boolean', true],
])('The kind of a value that is not a mapping is reported: %s', (kind, value) => {
  expect(problemsOf(value)).toEqual([`x: expected a mapping, got ${kind}`]);
});

const CANONICAL = '6f1c0c2e-6a0b-4c0e-9f53-0d2a3b1c4d5e';

test.each([CANONICAL, '6F1C0C2E6A0B4C0E9F530D2A3B1C4D5E'])('%s is a UUID and may name a project', (id) => {
  expect(uuid(id, 'x', [])).toBe(id);
  expect(projectId(id, 'x', [])).toBe(id);
});

test.each([
  ...['', ' ', 'one', '6f1c0c2e6a0b-4c0e-9f53-0d2a3b1c4d5e', '6f1c0c2e-6a0b-4c0e-9f53-0d2a3b1c4d5g'],
  ...[`${CANONICAL}\n`, ` ${CANONICAL}`, '../x', `../${CANONICAL}`, 'a'.repeat(150_000), 7],
])('A value that is not a UUID is refused: %#', (id) => {
  const problems: string[] = [];
  uuid(id, 'x', problems);
  expect(problems).toHaveLength(1);
});

test.each(['123456', 'default', 'service_1'])('The project id %s is decoded although it is no UUID', (id) => {
  expect(projectId(id, 'x', [])).toBe(id);
});

test.each(['', ' ', 'a/b', '..', '../x', 'a\n', 'a'.repeat(65), 'a'.repeat(150_000), 7])(
  'A value that no project has as id is refused: %#',
  (id) => {
    const problems: string[] = [];
    projectId(id, 'x', problems);
    expect(problems).toHaveLength(1);
  },
);

test.each(['', 'a'.repeat(256), 7])('A value that is no name is refused: %#', (name) => {
  const problems: string[] = [];
  expect(nameText(name, 'x', problems)).toBeUndefined();
  expect(problems).toEqual([expect.stringMatching(/^x: expected a text of 1 to 255 characters/)]);
});

test('A list of usable elements leaves out the others, and anything but a list is refused', () => {
  const problems: string[] = [];
  expect(usableList(uuid)([CANONICAL, 'old', 7], 'x', problems)).toEqual([CANONICAL]);
  expect(problems).toEqual([]);
  expect(usableList(uuid)('old', 'x', problems)).toBeUndefined();
  expect(problems).toEqual(['x: expected a list, got a string']);
});

test.each([NaN, Infinity, 2 ** 53, '1', 1.1])('The value %p is not accepted as a whole number', (value) => {
  const problems: string[] = [];
  expect(integer(value, 'x', problems)).toBeUndefined();
  expect(problems).toHaveLength(1);
});

test.each([
  [true, true],
  ['YES', true],
  ['on', true],
  ['False', false],
  ['off', false],
  ['no', false],
])('The flag %p is decoded as %p', (value, expected) => {
  expect(flag(value, '', [])).toBe(expected);
});

test('A null value and an absent value both give the default', () => {
  const read = fields({ a: withDefault(anyString, 'd'), b: optional(text), c: anything });
  expect(read({ a: null, b: null, c: null }, '', [])).toEqual({ a: 'd', b: undefined, c: null });
  expect(read({}, '', [])).toEqual({ a: 'd', b: undefined, c: undefined });
});

test('An invalid value throws the error that the caller makes of the problems', () => {
  const decodeNumber = () => decode(shape, 3, 'top', (problems) => new InputError(problems));
  expect(decodeNumber).toThrow(InputError);
  expect(decodeNumber).toThrow('top: expected a mapping, got a number');
});

test('A key named __proto__ is decoded like any other key', () => {
  const read = mapping(integer)(JSON.parse('{"__proto__": 1, "a": 2}'), '', []);
  expect(Object.keys(read ?? {})).toEqual(['__proto__', 'a']);
});
