import { describe, expect, test } from '@jest/globals';
import { AmbiguousNameError, FlavorNotFoundError } from '../../src/model/errors.ts';
import { getByNameOrId } from '../../src/openstack/exact-name.ts';

const things = [
  { id: '1', name: 'small' },
  { id: '2', name: 'twin' },
  { id: '3', name: 'twin' },
  { id: '4', name: '1' },
];
const get = (wanted: string, among = things) =>
  getByNameOrId(among, wanted, 'flavor', (known) => new FlavorNotFoundError([`known: ${known}`]));

describe('a name', () => {
  test('of one thing means it', () => expect(get('small').id).toBe('1'));
  test('is compared exactly', () => expect(() => get('Small')).toThrow('known: small, twin, twin, 1'));
  test('that is not there is told with those that are, or none', () =>
    expect(() => get('x', [])).toThrow('known: none'));
  test('of several things is ambiguous and told with their ids', () => {
    expect(() => get('twin')).toThrow(AmbiguousNameError);
    expect(() => get('twin')).toThrow('give an id: 2, 3');
  });
});

describe('an id', () => {
  test('means its thing, also when another is called so', () => expect(get('1').name).toBe('small'));
  test('of one of several of a name tells them apart', () => expect(get('3').id).toBe('3'));
});
