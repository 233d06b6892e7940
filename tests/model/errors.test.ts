import { describe, expect, test } from '@jest/globals';
import { CloudTimeoutError, UnauthorizedError } from '../../src/model/cloud/cloud-errors.ts';
import {
  BaseImageDownloadError,
  BuildImageError,
  CancelledError,
  CloudsYAMLError,
  InputError,
  UploadImageError,
} from '../../src/model/errors.ts';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../../src/model/job/timeouts.ts';

const call = { cloud: 'c1', service: 'image', operation: 'upload' };

describe('a failed build', () => {
  test.each([
    ['no cause', 'build', undefined],
    ['an unexpected error', 'build', new Error('x')],
    ['a cloud that refuses', 'denied', new UnauthorizedError(call, 'answered 401')],
    ['a cloud that does not respond', 'unavailable', new CloudTimeoutError(call, 'did not answer')],
    ['invalid input', 'input', new InputError(['x'])],
    ['a cancellation', 'cancelled', new CancelledError('stopped')],
    ['another failed build', 'input', new BuildImageError('x', { cause: new InputError([]) })],
  ])('A build that fails because of %s has the kind %s', (_, kind, cause) => {
    expect(new BuildImageError('x', { cause }).kind).toBe(kind);
    expect(new UploadImageError('x', { cause })).toMatchObject({ kind, name: 'UploadImageError' });
  });
});

test('An error has the name of its class', () => {
  expect(new BaseImageDownloadError('x').name).toBe('BaseImageDownloadError');
  expect(new CloudsYAMLError(['x'])).toBeInstanceOf(InputError);
});

test('The message of an InputError has one line for each problem', () => {
  expect(new InputError(['a', 'b']).message).toBe('a\nb');
});

test('The message of a cloud error names the operation, the service, the cloud and the request', () => {
  const error = new UnauthorizedError({ ...call, requestId: 'req-1' }, 'answered 401');
  expect(error.message).toBe('upload: the image service of cloud c1 answered 401 (request req-1)');
});

describe('timeoutOption', () => {
  test.each([
    ['apiTimeout', '--api-timeout'],
    ['cloudInitTimeout', '--cloud-init-timeout'],
    ['sshTimeout', '--ssh-timeout'],
  ] as const)('The time-out %s is set by the option %s', (name, option) => {
    expect(timeoutOption(name)).toBe(option);
  });

  test('Each time-out has its own option and a default of at least one second', () => {
    const names = Object.keys(DEFAULT_TIMEOUTS) as (keyof Timeouts)[];
    expect(new Set(names.map(timeoutOption)).size).toBe(names.length);
    for (const name of names) expect(DEFAULT_TIMEOUTS[name]).toBeGreaterThanOrEqual(1);
  });
});
