import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/model/errors.ts';
import { decodeListResult } from '../../src/model/program-result-list.ts';

const image = {
  id: 'i1',
  name: 'noble',
  status: 'active',
  created_at: '',
  build_id: 'b',
  is_published: false,
};
const good = { cloud: 'good', project_key: 'k', images: [image] };
const decodeClouds = (value: unknown) => decodeListResult(JSON.stringify(value))?.clouds;

describe('what the program listed', () => {
  test('may have an image of which Glance tells no time', () => {
    expect(decodeClouds({ clouds: [good] })).toMatchObject([
      { cloudId: 'good', state: 'seen', images: [{ id: 'i1', createdAt: '' }] },
    ]);
  });

  test.each([
    ['an odd image', { cloud: 'odd', project_key: 'k', images: [{ ...image, id: 7 }] }, 'images[0].id'],
    ['neither images nor an error', { cloud: 'odd', project_key: 'k' }, 'expected its images or an error'],
    ['an odd error', { cloud: 'odd', error: { kind: 'new', message: '' } }, 'error.kind'],
  ])('has failed for a cloud with %s, and stands for the others', (_what, odd, told) => {
    expect(decodeClouds({ clouds: [odd, good] })).toMatchObject([
      { cloudId: 'odd', state: 'failed', kind: 'bug', message: expect.stringContaining(told) },
      { cloudId: 'good', state: 'seen' },
    ]);
  });

  test.each([[{}], [{ clouds: [{ images: [] }] }]])('%j is refused', (value) => {
    expect(() => decodeClouds(value)).toThrow(InputError);
  });
});
