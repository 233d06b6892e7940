import { format, inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { Secret } from '../../src/model/secret.ts';

const secret = new Secret('value-MARKED');

test.each([
  ['a template', () => String(secret)],
  ['a concatenation', () => ['', secret].join('')],
  ['JSON', () => JSON.stringify({ secret, list: [secret] })],
  ['inspect', () => inspect({ secret }, { depth: 9, showHidden: true, getters: true })],
  [
    'inspect without the custom inspect function',
    () => inspect(secret, { customInspect: false, showHidden: true }),
  ],
  ['format', () => format('%s %o %O %j', secret, secret, secret, secret)],
  ['its keys and entries', () => JSON.stringify(Object.entries(secret))],
  ['a copy', () => JSON.stringify(Object.assign({}, secret))],
  ['a structured clone', () => JSON.stringify(structuredClone(secret))],
  ['an error', () => inspect(new Error(String(secret), { cause: secret }))],
])('A secret is not printed in %s', (_, print) => {
  expect(print()).not.toMatch('MARKED');
});

test('A secret prints as [secret] and gives its value only to reveal()', () => {
  expect([String(secret), JSON.stringify(secret), inspect(secret)]).toEqual([
    '[secret]',
    '"[secret]"',
    '[secret]',
  ]);
  expect(secret.reveal()).toBe('value-MARKED');
});
