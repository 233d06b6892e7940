import { ProductError } from '../model/errors.ts';

/** Who answers has another host key than the server we made; nothing was sent to it. */
export class SshHostKeyError extends ProductError {
  readonly kind = 'build';
}

/** No SSH connection, or one that was lost before the command had told its exit status. */
export class SshUnreachableError extends ProductError {
  readonly kind = 'unavailable';
}

/** A command over SSH did not end in its time. */
export class SshTimeoutError extends ProductError {
  readonly kind = 'unavailable';
}
