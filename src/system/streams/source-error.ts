import { ProductError } from '../../model/errors.ts';

/** An error of the source of a transfer, not of the receiver: the data ended early or was not what was expected. */
export class SourceError extends ProductError {
  /** `unavailable` when the same source may succeed later. */
  readonly kind: 'unavailable' | 'build' = 'build';
}
