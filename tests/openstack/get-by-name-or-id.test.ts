import { describe, expect, test } from '@jest/globals';
import { AmbiguousNameError, FlavorNotFoundError } from '../../src/model/errors.ts';
import { getByNameOrId } from '../../src/openstack/get-by-name-or-id.ts';

const flavors = [
  { id: '1', name: 'small' },
  { id: '2', name: 'twin' },
  { id: '3', name: 'twin' },
  { id: '4', name: '1' },
];
const get = (nameOrId: string, elements = flavors) =>
  getByNameOrId(elements, nameOrId, 'flavor', (known) => new FlavorNotFoundError([`known: ${known}`]));

describe('look-up by name', () => {
  test('A unique name finds its element', () => expect(get('small').id).toBe('1'));
  test('The only name that differs by case finds its element, and an exact name takes precedence', () => {
    expect(get('Small').id).toBe('1');
    const both = [...flavors, { id: '5', name: 'Small' }];
    expect([get('small', both).id, get('Small', both).id]).toEqual(['1', '5']);
  });
  test.each(['TWIN', 'sMall'])('The name %s is not found when several differ by case only', (name) =>
    expect(() => get(name, [...flavors, { id: '5', name: 'Small' }])).toThrow(
      'known: small, twin, twin, 1, Small',
    ),
  );
  test('The error of an unknown name lists all known names', () =>
    expect(() => get('large')).toThrow('known: small, twin, twin, 1'));
  test('The error of a look-up in an empty list says that no names are known', () =>
    expect(() => get('x', [])).toThrow('known: none'));
  test('A name that occurs twice is ambiguous, and the error lists the ids', () => {
    expect(() => get('twin')).toThrow(AmbiguousNameError);
    expect(() => get('twin')).toThrow('give an id: 2, 3');
  });
});

describe('look-up by id', () => {
  test('An id takes precedence over an equal name', () => expect(get('1').name).toBe('small'));
  test('An id finds one of several elements with the same name', () => expect(get('3').id).toBe('3'));
});
