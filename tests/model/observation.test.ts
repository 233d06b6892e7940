import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/model/errors.ts';
import { decodeListResult } from '../../src/model/result/program-result-list.ts';
import { uuidOf } from '../support/uuid-of.ts';

const image = {
  id: uuidOf('i1'),
  name: 'noble',
  status: 'active',
  created_at: '',
  build_id: 'b',
  is_published: false,
};
const good = { cloud: 'good', project_key: 'k', images: [image] };
const decodeClouds = (value: unknown) => decodeListResult(JSON.stringify(value))?.clouds;

describe('decodeListResult', () => {
  test('An image without a creation time is accepted', () => {
    expect(decodeClouds({ clouds: [good] })).toMatchObject([
      { cloudId: 'good', state: 'seen', images: [{ id: uuidOf('i1'), createdAt: '' }] },
    ]);
  });

  test.each([
    ['an invalid image', { cloud: 'odd', project_key: 'k', images: [{ ...image, id: 7 }] }, 'images[0].id'],
    ['neither images nor an error', { cloud: 'odd', project_key: 'k' }, 'expected its images or an error'],
    ['an invalid error', { cloud: 'odd', error: { kind: 'new', message: '' } }, 'error.kind'],
  ])('A cloud with %s counts as failed and does not affect the other clouds', (_what, invalid, problem) => {
    expect(decodeClouds({ clouds: [invalid, good] })).toMatchObject([
      { cloudId: 'odd', state: 'failed', kind: 'bug', message: expect.stringContaining(problem) },
      { cloudId: 'good', state: 'seen' },
    ]);
  });

  test.each([[{}], [{ clouds: [{ images: [] }] }]])(
    'The list result %j, which names no clouds, is refused',
    (value) => {
      expect(() => decodeClouds(value)).toThrow(InputError);
    },
  );
});
