import { expect, test } from '@jest/globals';
import { passedOn } from '../../src/bin/scheduler/passed-on.ts';

test('the daemon gives its builds the SSH port of its own environment, and nothing else of it', () => {
  const environment = { IMAGE_BUILDER_SSH_PORT: '2222', HOME: '/root', IMAGE_BUILDER_SECRET_X: 'x' };
  expect(passedOn(environment)).toEqual({ IMAGE_BUILDER_SSH_PORT: '2222' });
  expect(passedOn({ HOME: '/root' })).toEqual({});
});
