import { ProductError } from '../../model/errors.ts';

/** The error for a server whose host key differs from the expected one. No data was sent to it. */
export class SshHostKeyError extends ProductError {
  readonly kind = 'build';
}

/** The error for an SSH connection that failed, or was lost before the command returned its exit status. */
export class SshUnreachableError extends ProductError {
  readonly kind = 'unavailable';
}

/** The error for a command over SSH that did not end in time. */
export class SshTimeoutError extends ProductError {
  readonly kind = 'unavailable';
}
