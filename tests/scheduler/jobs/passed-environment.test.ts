import { expect, test } from '@jest/globals';
import { passedEnvironment } from '../../../src/scheduler/jobs/passed-environment.ts';

test('The daemon passes only the SSH port of its own environment to builds', () => {
  const environment = { IMAGE_BUILDER_SSH_PORT: '2222', HOME: '/root', IMAGE_BUILDER_SECRET_X: 'x' };
  expect(passedEnvironment(environment)).toEqual({ IMAGE_BUILDER_SSH_PORT: '2222' });
  expect(passedEnvironment({ HOME: '/root' })).toEqual({});
});
