import { type ErrorKind, ProductError } from '../../model/errors.ts';

/** A failed call to GitHub. */
export class GithubError extends ProductError {
  readonly kind: ErrorKind;
  /** The status of the response; undefined when there was none. */
  readonly status: number | undefined;

  constructor(kind: ErrorKind, status: number | undefined, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.status = status;
  }
}
