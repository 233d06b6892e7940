import { describe, expect, test } from '@jest/globals';
import { EXIT_CODES, exitCodeOf } from '../../src/model/exit-codes.ts';
import { describeFailure } from '../../src/cli/result.ts';
import { StepFailedError } from '../../src/image-builder/steps.ts';
import {
  ConflictError,
  CloudTimeoutError,
  ForbiddenError,
  UnauthorizedError,
} from '../../src/model/cloud/cloud-errors.ts';
import {
  CancelledError,
  CloudsYAMLError,
  DeadlineError,
  ExternalScriptError,
  FlavorNotFoundError,
  InputError,
  UploadImageError,
} from '../../src/model/errors.ts';
import { toSnakeCase } from '../../src/model/text/snake-case.ts';
import { SshHostKeyError, SshTimeoutError, SshUnreachableError } from '../../src/system/ssh/ssh-errors.ts';

const call = { cloud: 'c1', service: 'image', operation: 'upload' };
const failedStep = (cause: ConstructorParameters<typeof StepFailedError>[2]) =>
  new StepFailedError('create server', ['create keypair: stuck'], cause);

describe('the exit code', () => {
  test.each([
    [new InputError(['x']), 2],
    [new CloudsYAMLError(['x']), 2],
    [new FlavorNotFoundError(['x']), 2],
    [new UnauthorizedError(call, 'answered 401'), 3],
    [new ForbiddenError(call, 'answered 403'), 3],
    [new ConflictError(call, 'answered 409'), 3],
    [new CloudTimeoutError(call, 'did not answer'), 4],
    [new DeadlineError('x'), 4],
    [new SshTimeoutError('x'), 4],
    [new SshUnreachableError('x'), 4],
    [new SshHostKeyError('x'), 5],
    [new ExternalScriptError('x'), 5],
    [new UploadImageError('x', { cause: new ForbiddenError(call, 'answered 403') }), 3],
    [failedStep(new ExternalScriptError('x')), 5],
    [failedStep(new CloudTimeoutError(call, 'x')), 4],
    [new CancelledError('x'), 143],
    [new TypeError('x'), 1],
    ['a string', 1],
  ])('The exit code of %p is %i', (error, code) => {
    expect(exitCodeOf(error, undefined)).toBe(code);
  });

  test('The exit code after a signal is that of the signal, regardless of the failure', () => {
    expect(exitCodeOf(new InputError([]), 'SIGTERM')).toBe(143);
    expect(exitCodeOf(new TypeError('x'), 'SIGINT')).toBe(130);
  });

  test('Every kind has its own exit code', () => {
    expect(new Set(Object.values(EXIT_CODES)).size).toBe(Object.keys(EXIT_CODES).length);
  });
});

describe('the keys of a printed result', () => {
  test.each([
    [{ aB: null }, { a_b: null }],
    [
      [{ aB: 1 }, 'aB'],
      [{ a_b: 1 }, 'aB'],
    ],
    [null, null],
    ['aB', 'aB'],
  ])('The keys of %p are converted to those of %p', (value, expected) => {
    expect(toSnakeCase(value)).toEqual(expected);
  });
});

describe('a failure', () => {
  test('A failure is described by kind, type, step and leftovers', () => {
    expect(describeFailure(failedStep(new UploadImageError('not stored')))).toEqual({
      kind: 'build',
      type: 'UploadImageError',
      message: 'create server: not stored\nleft behind: create keypair: stuck',
      step: 'create server',
      leftovers: ['create keypair: stuck'],
    });
  });

  test('A failure that is a bug is described as a bug', () => {
    expect(describeFailure(new TypeError('x'))).toEqual({
      kind: 'bug',
      type: 'TypeError',
      message: 'x',
    });
    expect(describeFailure('thrown text')).toEqual({
      kind: 'bug',
      type: 'Error',
      message: 'thrown text',
    });
  });
});
