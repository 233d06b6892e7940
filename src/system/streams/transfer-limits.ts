import { DeadlineError } from '../../model/errors.ts';
import type { Clock } from '../../model/clock.ts';
import { withDeadline } from '../wait.ts';

/** The limits of a transfer: its total time, and the longest time without progress. */
export interface TransferLimits {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** A description of the transfer for error messages. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly timeoutOption: string;
  readonly stallMs: number;
  readonly stallOption: string;
}

/** The progress of a transfer, in bytes. */
export interface TransferProgress {
  readonly moved: number;
  /** Undefined until it is known. */
  readonly size: number | undefined;
}

/**
 * Runs a transfer under both limits. After its last byte only the total time counts, because the receiver may still
 * have to store the data. Throws DeadlineError.
 */
export async function withTransferLimits<T>(
  work: (signal: AbortSignal) => Promise<T>,
  progress: () => TransferProgress,
  limits: TransferLimits,
): Promise<T> {
  const tooLong = (): Error =>
    new DeadlineError(
      `${limits.what} did not end within ${limits.timeoutMs / 1000} s; ${limits.timeoutOption} sets the limit`,
    );
  const watched = (signal: AbortSignal): Promise<T> => withStallWatch(work, progress, { ...limits, signal });
  return withDeadline(watched, limits, tooLong);
}

async function withStallWatch<T>(
  work: (signal: AbortSignal) => Promise<T>,
  progress: () => TransferProgress,
  limits: TransferLimits & { readonly signal: AbortSignal },
): Promise<T> {
  const ended = new AbortController();
  const worker = new AbortController();
  const watch = async (): Promise<never> => {
    for (let before = -1; ;) {
      await limits.clock.sleep(limits.stallMs, ended.signal);
      const { moved, size } = progress();
      if (moved === before && moved !== size) break;
      before = moved;
    }
    const error = new DeadlineError(
      `${limits.what} stalled for ${limits.stallMs / 1000} s; ${limits.stallOption} sets the limit`,
    );
    worker.abort(error);
    throw error;
  };
  const watching = watch();
  watching.catch(() => undefined);
  try {
    return await Promise.race([work(AbortSignal.any([limits.signal, worker.signal])), watching]);
  } finally {
    ended.abort(new Error('the transfer has ended'));
  }
}
