import { describe, expect, test } from '@jest/globals';
import { renderIso } from '../../../src/system/files/iso9660.ts';
import { readIso } from '../../support/qemu/read-iso.ts';

const FOLDERS = ['openstack', 'latest'];

describe('an ISO 9660 image', () => {
  test('An image has its label and the files below its folders', () => {
    const files = { 'meta_data.json': '{"a":1}', user_data: 'x'.repeat(5000), 'network_data.json': '' };
    const image = renderIso('config-2', FOLDERS, files);
    const read = readIso(image);
    expect(read.label).toBe('config-2');
    expect(Object.fromEntries(read.files)).toEqual({
      'openstack/latest/meta_data.json': '{"a":1}',
      'openstack/latest/user_data': files.user_data,
      'openstack/latest/network_data.json': '',
    });
  });

  test('Two images of the same files are the same', () => {
    const render = () => renderIso('config-2', FOLDERS, { user_data: '#!/bin/sh\n' });
    expect(render().equals(render())).toBe(true);
  });

  test.each(['User-Data', 'user data', 'a'.repeat(40), '../user_data', ''])(
    'The name %j is refused',
    (name) => {
      expect(() => renderIso('config-2', FOLDERS, { [name]: '' })).toThrow(
        'expected a name of lower-case letters',
      );
    },
  );

  test('More files than one sector can list are refused', () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_none, nth) => [`file_${nth}`, '']));
    expect(() => renderIso('config-2', FOLDERS, many)).toThrow('too many files');
  });
});
