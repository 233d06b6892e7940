import { expect, test } from '@jest/globals';
import { passedEnvironment } from '../../../src/scheduler/jobs/passed-environment.ts';

test('the daemon gives its builds the SSH port of its own environment, and nothing else of it', () => {
  const environment = { IMAGE_BUILDER_SSH_PORT: '2222', HOME: '/root', IMAGE_BUILDER_SECRET_X: 'x' };
  expect(passedEnvironment(environment)).toEqual({ IMAGE_BUILDER_SSH_PORT: '2222' });
  expect(passedEnvironment({ HOME: '/root' })).toEqual({});
});
