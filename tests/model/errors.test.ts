import { describe, expect, test } from '@jest/globals';
import { CloudTimeoutError, UnauthorizedError } from '../../src/model/cloud-errors.ts';
import {
  BaseImageDownloadError,
  BuildImageError,
  CancelledError,
  CloudsYAMLError,
  InputError,
  UploadImageError,
} from '../../src/model/errors.ts';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../../src/model/timeouts.ts';

const call = { cloud: 'c1', service: 'image', operation: 'upload' };

describe('a failed build', () => {
  test.each([
    ['no cause', undefined, 'build'],
    ['a cause that is no failure of ours', new Error('x'), 'build'],
    ['a cloud that refuses', new UnauthorizedError(call, 'answered 401'), 'denied'],
    ['a cloud that does not answer', new CloudTimeoutError(call, 'did not answer'), 'unavailable'],
    ['wrong input', new InputError(['x']), 'input'],
    ['a stop', new CancelledError('stopped'), 'cancelled'],
    ['another failed build', new BuildImageError('x', { cause: new InputError([]) }), 'input'],
  ])('with %s as its cause is of that kind', (_, cause, kind) => {
    expect(new BuildImageError('x', { cause }).kind).toBe(kind);
    expect(new UploadImageError('x', { cause })).toMatchObject({ kind, name: 'UploadImageError' });
  });
});

test('an error has the name of its class', () => {
  expect(new BaseImageDownloadError('x').name).toBe('BaseImageDownloadError');
  expect(new CloudsYAMLError(['x'])).toBeInstanceOf(InputError);
});

test('input tells all its problems, line by line', () => {
  expect(new InputError(['a', 'b']).message).toBe('a\nb');
});

test('an error of a cloud tells what was tried, where, and which request it was', () => {
  const error = new UnauthorizedError({ ...call, requestId: 'req-1' }, 'answered 401');
  expect(error.message).toBe('upload: the image service of cloud c1 answered 401 (request req-1)');
});

describe('the option of a time-out', () => {
  test.each([
    ['apiTimeout', '--api-timeout'],
    ['cloudInitTimeout', '--cloud-init-timeout'],
    ['sshTimeout', '--ssh-timeout'],
  ] as const)('%s is %s', (name, option) => {
    expect(timeoutOption(name)).toBe(option);
  });

  test('is another for each, and each has a default of a second and more', () => {
    const names = Object.keys(DEFAULT_TIMEOUTS) as (keyof Timeouts)[];
    expect(new Set(names.map(timeoutOption)).size).toBe(names.length);
    for (const name of names) expect(DEFAULT_TIMEOUTS[name]).toBeGreaterThanOrEqual(1);
  });
});
